/** How one text differs from another, word by word. */
import { diffWordsWithSpace } from 'diff';

/** Put together, what is the same and deleted is the one text, and what is the same and inserted the other. */
export interface DifferencePart {
  kind: 'same' | 'deleted' | 'inserted';
  text: string;
}

/** Words that may be other ones until a text counts as written anew: the time that a comparison takes grows with the square of them. */
const mostChanges = 1000;

/** The parts in the order of the text: where words were replaced, the deleted ones stand before the inserted ones. */
export function differenceOf(before: string, after: string): DifferencePart[] {
  const changes = diffWordsWithSpace(before, after, { maxEditLength: mostChanges });
  const parts = changes?.map(({ added, removed, value }): DifferencePart => ({
    kind: added ? 'inserted' : removed ? 'deleted' : 'same',
    text: value,
  })) ?? [
    { kind: 'deleted', text: before },
    { kind: 'inserted', text: after },
  ];
  return joined(parts);
}

/** Words that were replaced one after the other are one change: white space alone between them counts as replaced, too. */
function joined(parts: readonly DifferencePart[]): DifferencePart[] {
  const all: DifferencePart[] = [];
  let [deleted, inserted] = ['', ''];
  const end = (): void => {
    if (deleted) all.push({ kind: 'deleted', text: deleted });
    if (inserted) all.push({ kind: 'inserted', text: inserted });
    [deleted, inserted] = ['', ''];
  };
  parts.forEach(({ kind, text }, index) => {
    const isBetween = deleted !== '' && inserted !== '' && index < parts.length - 1 && text.trim() === '';
    if (kind === 'same' && !isBetween) {
      end();
      all.push({ kind, text });
      return;
    }
    if (kind !== 'inserted') deleted += text;
    if (kind !== 'deleted') inserted += text;
  });
  end();
  return all;
}
