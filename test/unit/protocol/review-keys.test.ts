import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../scripts/manifest.ts';
import { defaultPhases } from '../../../src/domain/phase.ts';
import {
  actionOf,
  defaultKeys,
  keyNames,
  keyOf,
  keysOf,
  reviewChords,
  reviewKeys,
  written,
} from '../../../src/protocol/review-keys.ts';

const manifest = readManifest<{
  contributes: {
    keybindings: { command: string; key: string }[];
    configuration: { properties: Record<string, { properties: Record<string, unknown> }> };
  };
}>();

const keys = (changes: Record<string, unknown>, phases = defaultPhases): ReturnType<typeof keysOf> =>
  keysOf(changes, phases);

describe('the keys of the Review panel', () => {
  it('are the defaults where the setting says nothing, and do not clash', () => {
    expect(keys({})).toEqual(defaultKeys);
  });

  it('can all be changed, taken away, and exchanged', () => {
    expect(keys({ play: 'p Space', mute: '' })).toEqual({ ...defaultKeys, play: 'P Space', mute: '' });
    expect(keys({ skip: 'f', flag: 's' })).toMatchObject({ skip: 'F', flag: 'S' });
    for (const name of keyNames) expect(keys({ [name]: 'F9' })[name]).toBe('F9');
  });

  it('that clash are refused, naming both actions and the key', () => {
    expect(() => keys({ play: 'n' })).toThrow('“next” and “play” both have the key N: give one of them another');
    expect(() => keys({ play: '2' })).toThrow(
      'the phase evidence and “play” both have the key 2: give the phase another in phases.json, or “play” another in this setting; until then the key starts the phase',
    );
    expect(() => keys({}, [{ ...defaultPhases[0], key: '0' }])).toThrow('the phase planning and “zoomWhole”');
  });

  it('that are none are refused, with those that there are', () => {
    for (const wrong of ['Ctrl+P', 'Tab', 'ArrowLeft', 'pp'])
      expect(() => keys({ play: wrong })).toThrow(`“${wrong}” of “play” is not a key that can be used: write one`);
    expect(() => keys({ fly: 'P' })).toThrow('there is no action “fly”');
    expect(() => keys({ play: 7 })).toThrow('“play” must be a text');
  });

  it('are found by what was pressed', () => {
    const pressed = (key: string, shiftKey = false): unknown => actionOf(defaultKeys, keyOf({ key, shiftKey }));
    expect([pressed(' '), pressed('k'), pressed('K', true), pressed('?', true)]).toEqual([
      'play',
      'play',
      'play',
      'keys',
    ]);
    expect([pressed('ArrowLeft'), pressed('ArrowLeft', true), pressed('§')]).toEqual([null, 'secondBack', null]);
    expect(actionOf({ ...defaultKeys, mute: '' }, 'M')).toBeNull();
  });

  it('with Ctrl or Alt are those of the editor’s keybindings', () => {
    const { matchCase, ...chords } = reviewChords;
    expect(matchCase.keys).toBe('Alt+C');
    const bound = manifest.contributes.keybindings.map(({ command, key }) => [command, key]);
    const shown = Object.entries(chords).map(([name, { keys }]) => [`rolloutLab.${name}`, keys.toLowerCase()]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(bound));
  });

  it('are written with a Mac’s signs on one', () => {
    const chords = Object.values(reviewChords).map(({ keys }) => written(keys, true));
    expect(chords).toEqual(['⌥A', '⌥X', '⌘Z', '⇧⌘Z', '⌘Enter', '⌘F', '⌥C']);
    expect([written('Shift+ArrowLeft', true), written('Ctrl+Z', false)]).toEqual(['⇧ArrowLeft', 'Ctrl+Z']);
  });

  it('are those that the setting describes', () => {
    const described = manifest.contributes.configuration.properties['rolloutLab.keys'].properties;
    expect(described).toEqual(
      Object.fromEntries(
        keyNames.map((name) => {
          const { keys, does } = reviewKeys[name];
          const description = `${does[0].toUpperCase()}${does.slice(1)}.`;
          return [name, { type: 'string', default: keys, description }];
        }),
      ),
    );
  });
});
