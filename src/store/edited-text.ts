/** The text that an edit counts its places in. */
import { textHash } from '../domain/edit.ts';

/** Throws where `of`, if it is known, is not the completion's `textHash`: an import changed the text after it was read, and carried over what was saved. */
export function needText(completion: string, of: string | undefined): void {
  if (of === undefined || of === textHash(completion)) return;
  throw new Error(
    'An import changed the text meanwhile, in which this has other places: what was saved was carried over. Look at it as it is now, and set it again.',
  );
}
