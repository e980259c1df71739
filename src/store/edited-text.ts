/** The text that an edit counts its places in. */
import { textHash } from '../domain/edit.ts';

/**
 * Throws where `of`, if it is known, is not the completion's `textHash`: an import changed the text after it was read, and carried over what was
 * saved. `rolloutId` names it where another one may be shown by then.
 */
export function needText(completion: string, of: string | undefined, rolloutId?: string): void {
  if (of === undefined || of === textHash(completion)) return;
  const which = rolloutId === undefined ? '' : `rollout ${rolloutId}: `;
  throw new Error(
    `${which}an import changed the text meanwhile, in which this has other places: what was saved was carried over. Look at it as it is now, and set it again.`,
  );
}
