import { describe, expect, it } from 'vitest';
import { defaultErrorTypes } from '../../../src/domain/judgement.ts';
import { defaultPhases } from '../../../src/domain/phase.ts';
import { readPhases, writtenPhases } from '../../../src/formats/phases.ts';

describe('phases.json', () => {
  it('is read back as it is written', () => {
    const project = { phases: [...defaultPhases], errors: [{ name: 'colour “red”', about: '' }] };
    for (const file of [project, { ...project, errors: [] }]) expect(readPhases(writtenPhases(file))).toEqual(file);
  });

  it('has the ready error types where it names none', () => {
    const phases = [...defaultPhases];
    expect(readPhases(JSON.stringify({ phases }))).toEqual({ phases, errors: defaultErrorTypes });
  });

  it('is told its faults with line and place', () => {
    const text = writtenPhases({ phases: [...defaultPhases], errors: [...defaultErrorTypes] })
      .replace('"yellow"', '"pink"')
      .replace('"weight": 1 }', '"weight": 7 }');
    const read = readPhases(text);
    if (!('faults' in read)) throw new Error('it was taken');
    expect(read.faults.map(({ line, offset, length }) => [line, text.slice(offset, offset + length)])).toEqual([
      [3, '7'],
      [4, '"pink"'],
    ]);
    expect(read.faults[1].message).toMatch(/^phases\.1\.colour: must be blue, .* or purple, not “pink”$/u);
  });

  it('that is no JSON, empty or lacks a field is refused where that is', () => {
    const fault = (text: string) => {
      const read = readPhases(text);
      return 'faults' in read ? [read.faults[0].line, read.faults[0].message] : null;
    };
    expect(fault('{\n  "phases": [,]\n}')).toEqual([2, expect.stringContaining('this is not JSON') as string]);
    expect(fault('')).toEqual([1, expect.stringContaining('this is not JSON') as string]);
    expect(fault('{}')).toEqual([1, expect.stringContaining('phases') as string]);
    expect(fault('{"phases": [\n{"name": "a"},\n{"name": "b", "key": "2", "colour": "red", "weight": 0}]}')).toEqual([
      2,
      expect.stringContaining('phases.0.') as string,
    ]);
  });
});
