/** What a key pressed in the page means. Chords with Ctrl, Alt or Meta are the editor's (package.json, keybindings). */
import type { Phase } from '../../src/domain/phase.ts';

/** What stands side by side: the group's completions, or everybody's labels of one. */
export type Beside = 'group' | 'labels';

export type KeyAction =
  | { kind: 'play' }
  | { kind: 'split' }
  | { kind: 'next' }
  | { kind: 'back' }
  | { kind: 'skip' }
  | { kind: 'flag' }
  | { kind: 'keys' }
  | { kind: 'mention' }
  | { kind: 'mute' }
  | { kind: 'loop' }
  | { kind: 'enter-time' }
  | { kind: 'span' }
  | { kind: 'split-span' }
  | { kind: 'clear-span' }
  | { kind: 'give-up' }
  | { kind: 'beside'; what: Beside }
  | { kind: 'shuttle'; direction: 1 | -1 }
  | { kind: 'zoom'; direction: 1 | 0 | -1 }
  | { kind: 'second'; seconds: number }
  | { kind: 'frame'; count: number }
  | { kind: 'phase'; phase: number }
  | { kind: 'boundary'; direction: 1 | -1 };

const actions: Record<string, KeyAction> = {
  ' ': { kind: 'play' },
  k: { kind: 'play' },
  j: { kind: 'shuttle', direction: -1 },
  l: { kind: 'shuttle', direction: 1 },
  'Shift+ArrowLeft': { kind: 'second', seconds: -1 },
  'Shift+ArrowRight': { kind: 'second', seconds: 1 },
  ',': { kind: 'frame', count: -1 },
  '.': { kind: 'frame', count: 1 },
  Enter: { kind: 'split' },
  '[': { kind: 'boundary', direction: -1 },
  ']': { kind: 'boundary', direction: 1 },
  n: { kind: 'next' },
  a: { kind: 'beside', what: 'group' },
  o: { kind: 'beside', what: 'labels' },
  b: { kind: 'back' },
  s: { kind: 'skip' },
  f: { kind: 'flag' },
  g: { kind: 'mention' },
  m: { kind: 'mute' },
  r: { kind: 'loop' },
  t: { kind: 'enter-time' },
  v: { kind: 'span' },
  x: { kind: 'split-span' },
  Delete: { kind: 'clear-span' },
  Escape: { kind: 'give-up' },
  '+': { kind: 'zoom', direction: 1 },
  // What + is on without Shift.
  '=': { kind: 'zoom', direction: 1 },
  '-': { kind: 'zoom', direction: -1 },
  '0': { kind: 'zoom', direction: 0 },
  '?': { kind: 'keys' },
};

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
export function keyAction(event: Pressed, phases: readonly Phase[]): KeyAction | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const target = (event.composedPath()[0] as { localName?: string }).localName ?? '';
  if (['input', 'select', 'textarea', 'vscode-text-field', 'vscode-dropdown'].includes(target)) return null;
  const pressesButton = event.key === ' ' || event.key === 'Enter';
  if (pressesButton && ['button', 'vscode-button', 'a'].includes(target)) return null;
  const phase = phases.findIndex(({ key }) => key === event.key);
  if (phase >= 0) return { kind: 'phase', phase };
  const { key, shiftKey } = event;
  if (key.startsWith('Arrow')) return shiftKey ? (actions[`Shift+${key}`] ?? null) : null;
  return actions[key.length === 1 ? key.toLowerCase() : key] ?? null;
}
