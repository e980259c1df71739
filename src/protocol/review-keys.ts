/** The keys of the Review page: what each does, what it is by default, and what the setting `rolloutLab.keys` makes of them. */
import { t } from '@vscode/l10n';
import type { Phase } from '../domain/phase.ts';

/**
 * Every action with a key, by its name in the setting. `keys` are those it has by default, with a space between. Chords with Ctrl, Alt
 * or Meta are the editor's own (Keyboard Shortcuts).
 */
export const reviewKeys = {
  split: { group: 'Label', keys: 'Enter', does: t('start the next phase at the caret, or where the video stands') },
  boundaryBefore: {
    group: 'Label',
    keys: '[',
    does: t(
      'choose the previous boundary; arrow keys move it, with Shift by ten, with Alt by one character; Esc lets it go',
    ),
  },
  boundaryAfter: { group: 'Label', keys: ']', does: t('choose the next boundary') },
  judgeCorrect: {
    group: 'Judge',
    keys: 'Y',
    does: t('the phase at the caret, or what is selected, is correct; press again to take that back, here and below'),
  },
  judgeWrong: {
    group: 'Judge',
    keys: 'W',
    does: t('the phase at the caret, or what is selected, is wrong; then a digit says in what way'),
  },
  judgeUnsupported: {
    group: 'Judge',
    keys: 'Q',
    does: t('the video does not show what the phase at the caret, or what is selected, says'),
  },
  errorType: {
    group: 'Judge',
    keys: 'E',
    does: t('choose the type of error of the phase at the caret, or of what is selected'),
  },
  judgeBy: {
    group: 'Judge',
    keys: "'",
    does: t('judge the sentence at the caret instead of its phase, or the phase again'),
  },
  nextPhase: {
    group: 'Judge',
    keys: ';',
    does: t('put the caret in the next phase or sentence, after the last in the first'),
  },
  group: { group: 'Side by side', keys: 'A', does: t('show the completions of the group side by side, or one alone') },
  preferLeft: {
    group: 'Side by side',
    keys: '(',
    does: t('of the two that are compared, the left one is better; press again to take that back'),
  },
  preferRight: { group: 'Side by side', keys: ')', does: t('the right one is better') },
  preferNeither: { group: 'Side by side', keys: '&', does: t('neither of the two is better') },
  nextPair: { group: 'Side by side', keys: '%', does: t('compare the completion that is open with the next one') },
  otherLabels: { group: 'Side by side', keys: 'O', does: t('show the labels of others beside yours, or yours alone') },
  correction: {
    group: 'Side by side',
    keys: '!',
    does: t('write the completion as it should have been, or go back to it'),
  },
  history: { group: 'Side by side', keys: 'H', does: t('show what was done here, by whom and when') },
  skip: { group: 'Queue', keys: 'S', does: t('skip with a reason and go to the next rollout') },
  flag: { group: 'Queue', keys: 'F', does: t('flag for everyone to see, or take the flag down') },
  tags: { group: 'Queue', keys: '#', does: t('put a tag on the rollout, or leave the field for it') },
  next: { group: 'Queue', keys: 'N', does: t('go to the next rollout, in the order chosen above the question') },
  back: { group: 'Queue', keys: 'B', does: t('go back to what was shown before') },
  comment: {
    group: 'Comments',
    keys: 'C',
    does: t('comment on the selection, the sentence at the caret, or the video here'),
  },
  comments: { group: 'Comments', keys: 'D', does: t('go to the comments beside the text, or close them') },
  play: { group: 'Video', keys: 'Space K', does: t('play or pause') },
  backwards: { group: 'Video', keys: 'J', does: t('play backwards; press again to go faster') },
  forwards: { group: 'Video', keys: 'L', does: t('play forwards; press again to go faster') },
  secondBack: { group: 'Video', keys: 'Shift+ArrowLeft', does: t('go back one second') },
  secondForward: { group: 'Video', keys: 'Shift+ArrowRight', does: t('go forward one second') },
  frameBack: { group: 'Video', keys: ',', does: t('go back one frame') },
  frameForward: { group: 'Video', keys: '.', does: t('go forward one frame') },
  mention: { group: 'Video', keys: 'G', does: t('go to the time at the caret') },
  mediumBefore: {
    group: 'Video',
    keys: 'U',
    does: t('the video, picture or sound before, where a prompt has several'),
  },
  mediumAfter: { group: 'Video', keys: 'I', does: t('the next video, picture or sound') },
  enterTime: { group: 'Video', keys: 'T', does: t('type a time to go to: 0:03.20, 3.2 or 93f') },
  loop: { group: 'Video', keys: 'R', does: t('repeat the phase at the caret') },
  mute: { group: 'Video', keys: 'M', does: t('turn the sound on or off') },
  zoomIn: { group: 'Video', keys: '+ =', does: t('zoom in on the timeline (Ctrl+wheel)') },
  zoomOut: { group: 'Video', keys: '-', does: t('zoom out of the timeline') },
  zoomWhole: { group: 'Video', keys: '0', does: t('show the whole timeline') },
  span: {
    group: 'Grounding',
    keys: 'V',
    does: t('start the video span of the phase at the caret here; press again to end it'),
  },
  splitSpan: { group: 'Grounding', keys: 'X', does: t('end the span here and start the one of the next phase') },
  clearSpan: { group: 'Grounding', keys: 'Delete', does: t('remove the video span of the phase at the caret') },
  giveUp: { group: 'Grounding', keys: 'Escape', does: t('cancel the span that was started') },
  fold: { group: 'Panel', keys: 'Z', does: t('fold or unfold the tagged block at the caret') },
  rendered: { group: 'Panel', keys: '*', does: t('show Markdown and maths as they are meant, or as they are written') },
  outline: { group: 'Panel', keys: ':', does: t('go to the outline beside the reasoning, or close it') },
  guidelines: { group: 'Panel', keys: '_', does: t('go to the project’s guidelines, or close them') },
  find: { group: 'Panel', keys: '/', does: t('find in the reasoning') },
  keys: { group: 'Panel', keys: '?', does: t('show the list of keys') },
} as const satisfies Record<string, { group: string; keys: string; does: string }>;

/**
 * Chords that are the editor's own, by command (package.json, keybindings), and the search's. Keyboard Shortcuts changes the editor's;
 * an extension cannot read to what, so buttons show these.
 */
export const reviewChords = {
  acceptSuggestion: { group: 'Label', keys: 'Alt+A', does: t('accept the whole suggestion') },
  refuseSuggestion: { group: 'Label', keys: 'Alt+X', does: t('refuse the whole suggestion') },
  undoLabel: { group: 'Label', keys: 'Ctrl+Z', does: t('undo') },
  redoLabel: { group: 'Label', keys: 'Ctrl+Shift+Z', does: t('redo') },
  submitAndNext: { group: 'Queue', keys: 'Ctrl+Enter', does: t('submit the label and go to the next rollout') },
  findInReasoning: {
    group: 'Panel',
    keys: 'Ctrl+F',
    does: t(
      'find in the reasoning; Enter goes to the next match, Shift+Enter to the previous one, Esc closes and stays there',
    ),
  },
  matchCase: { group: 'Panel', keys: 'Alt+C', does: t('while finding, match case or not') },
} as const satisfies Record<string, { group: string; keys: string; does: string }>;

export type ChordName = keyof typeof reviewChords;

/** Keys as this kind of machine writes them: a Mac has signs for Command, which Ctrl is there, for Option (Alt) and for Shift. */
export function written(keys: string, mac: boolean): string {
  if (!mac) return keys;
  return keys
    .replaceAll('Ctrl+Shift+', '⇧⌘')
    .replaceAll('Ctrl+', '⌘')
    .replaceAll('Alt+', '⌥')
    .replaceAll('Shift+', '⇧');
}

export type KeyName = keyof typeof reviewKeys;
/** The keys in force: of each action, with a space between; empty when it has none. */
export type Keys = Record<KeyName, string>;

export const keyNames = Object.keys(reviewKeys) as KeyName[];

export const defaultKeys = Object.fromEntries(keyNames.map((name) => [name, reviewKeys[name].keys])) as Keys;

/** One character, a named key, or an arrow with Shift: arrows alone move the caret, Tab the focus. */
const aKey =
  /^(?:\S|Space|Enter|Escape|Delete|Backspace|Insert|F(?:[2-9]|1[0-2])|Shift\+Arrow(?:Left|Right|Up|Down))$/u;

/**
 * The keys in force when the setting says `changes` and phases have theirs. Throws RangeError, naming what clashes or is no key.
 */
export function keysOf(
  changes: Readonly<Record<string, unknown>>,
  phases: readonly Pick<Phase, 'name' | 'key'>[],
): Keys {
  const keys = { ...defaultKeys };
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(reviewKeys, name)) throw new RangeError(`rolloutLab.keys: there is no action “${name}”`);
    if (typeof value !== 'string')
      throw new RangeError(`rolloutLab.keys: “${name}” must be a text such as "P" or "Space K"`);
    const wrong = tokens(value).find((key) => !aKey.test(key));
    if (wrong !== undefined)
      throw new RangeError(
        `rolloutLab.keys: “${wrong}” of “${name}” is not a key that can be used: write one character, Space, Enter, Escape, Delete, Backspace, Insert, F2 to F12 or Shift+ArrowLeft (Right, Up, Down)`,
      );
    keys[name as KeyName] = tokens(value).join(' ');
  }
  const taken = new Map(phases.map(({ name, key }) => [key, `the phase ${name}`]));
  for (const name of keyNames) {
    for (const key of tokens(keys[name])) {
      const other = taken.get(key);
      if (other !== undefined) throw new RangeError(`rolloutLab.keys: ${clash(other, name, key)}`);
      taken.set(key, `“${name}”`);
    }
  }
  return keys;
}

/** That two have one key, and what to do about it. */
function clash(other: string, name: KeyName, key: string): string {
  const both = `${other} and “${name}” both have the key ${key}: give`;
  if (other.startsWith('“')) return `${both} one of them another`;
  return `${both} the phase another in phases.json, or “${name}” another in this setting; until then the key starts the phase`;
}

/** The keys of a text; a letter is written large, as Shift does not matter to it. */
function tokens(text: string): string[] {
  return text
    .split(/\s+/u)
    .filter(Boolean)
    .map((key) => (key.length === 1 ? key.toUpperCase() : key));
}

/** The action of a key as `keyOf` writes it; null when it has none. */
export function actionOf(keys: Keys, key: string): KeyName | null {
  return keyNames.find((name) => keys[name].split(' ').includes(key)) ?? null;
}

/** A pressed key as the setting writes it. */
export function keyOf({ key, shiftKey }: { key: string; shiftKey: boolean }): string {
  if (key === ' ') return 'Space';
  if (key.startsWith('Arrow') && shiftKey) return `Shift+${key}`;
  return key.length === 1 ? key.toUpperCase() : key;
}
