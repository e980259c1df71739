/** What a key pressed in the page means. Chords with Ctrl, Alt or Meta are the editor's (package.json, keybindings). */
import type { StepVerdict } from '../../../src/domain/judgement.ts';
import type { Phase } from '../../../src/domain/phase.ts';
import {
  actionOf,
  keyOf,
  reviewChords,
  written,
  type ChordName,
  type KeyName,
  type Keys,
} from '../../../src/protocol/review-keys.ts';

/** What stands side by side: the group's completions, everybody's labels of one, a label that it had before, or its correction. */
export type Beside = 'group' | 'labels' | 'history' | 'correction';

/** Of the two completions that are compared, the one that stands there. */
export type Side = 'left' | 'right';

/** Actions that differ in one thing from another. */
type Directed =
  | { kind: 'beside'; what: Beside }
  | { kind: 'find' }
  | { kind: 'guidelines' }
  | { kind: 'judge'; verdict: StepVerdict }
  | { kind: 'judgeBy' }
  | { kind: 'better'; side: Side | null }
  | { kind: 'shuttle'; direction: 1 | -1 }
  | { kind: 'zoom'; direction: 1 | 0 | -1 }
  | { kind: 'second'; seconds: number }
  | { kind: 'frame'; count: number }
  | { kind: 'boundary'; direction: 1 | -1 }
  | { kind: 'medium'; direction: 1 | -1 };

const directed = {
  group: { kind: 'beside', what: 'group' },
  otherLabels: { kind: 'beside', what: 'labels' },
  history: { kind: 'beside', what: 'history' },
  correction: { kind: 'beside', what: 'correction' },
  guidelines: { kind: 'guidelines' },
  judgeCorrect: { kind: 'judge', verdict: 'correct' },
  judgeWrong: { kind: 'judge', verdict: 'wrong' },
  judgeUnsupported: { kind: 'judge', verdict: 'unsupported' },
  judgeBy: { kind: 'judgeBy' },
  preferLeft: { kind: 'better', side: 'left' },
  preferRight: { kind: 'better', side: 'right' },
  preferNeither: { kind: 'better', side: null },
  backwards: { kind: 'shuttle', direction: -1 },
  forwards: { kind: 'shuttle', direction: 1 },
  secondBack: { kind: 'second', seconds: -1 },
  secondForward: { kind: 'second', seconds: 1 },
  frameBack: { kind: 'frame', count: -1 },
  frameForward: { kind: 'frame', count: 1 },
  boundaryBefore: { kind: 'boundary', direction: -1 },
  boundaryAfter: { kind: 'boundary', direction: 1 },
  mediumBefore: { kind: 'medium', direction: -1 },
  mediumAfter: { kind: 'medium', direction: 1 },
  zoomIn: { kind: 'zoom', direction: 1 },
  zoomOut: { kind: 'zoom', direction: -1 },
  zoomWhole: { kind: 'zoom', direction: 0 },
} as const satisfies Partial<Record<KeyName, Directed>>;

type PlainName = Exclude<KeyName, keyof typeof directed>;
export type KeyAction =
  Directed | { kind: 'phase'; phase: number } | { [Name in PlainName]: { kind: Name } }[PlainName];

const isDirected = (name: KeyName): name is keyof typeof directed => name in directed;

/** What is read of a KeyboardEvent. */
interface Pressed {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  composedPath(): unknown[];
}

/** The action of a key, or null: not ours, or pressed in a control that needs it itself. */
export function keyAction(event: Pressed, keys: Keys, phases: readonly Phase[]): KeyAction | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const target = (event.composedPath()[0] as { localName?: string }).localName ?? '';
  if (['input', 'select', 'textarea', 'vscode-text-field', 'vscode-dropdown'].includes(target)) return null;
  const pressesButton = event.key === ' ' || event.key === 'Enter';
  if (pressesButton && ['button', 'vscode-button', 'a', 'summary'].includes(target)) return null;
  const phase = phases.findIndex(({ key }) => key === event.key);
  if (phase >= 0) return { kind: 'phase', phase };
  const name = actionOf(keys, keyOf(event));
  if (name === null) return null;
  return isDirected(name) ? directed[name] : { kind: name };
}

const onMac = (): boolean => navigator.userAgent.includes('Mac');

/** Keys as the machine that shows this page writes them, with commas between. */
export function shownKeys(keys: string): string {
  return written(keys, onMac()).replaceAll(' ', ', ');
}

/** The key with which an arrow goes by words in every text of this machine. */
export function wordKey(): 'Alt' | 'Ctrl' {
  return onMac() ? 'Alt' : 'Ctrl';
}

/** " (N)" after what a button does; nothing when it has no key. */
export function keyHint(keys: Keys, name: KeyName): string {
  return keys[name] === '' ? '' : ` (${shownKeys(keys[name])})`;
}

/** The key of a button, to show on it: the first when it has several. */
export function keyOn(keys: Keys, name: KeyName): string {
  return shownKeys(keys[name].split(' ')[0]);
}

/** A chord, to show on its button. */
export function chord(name: ChordName): string {
  return shownKeys(reviewChords[name].keys);
}
