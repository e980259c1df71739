import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { boundariesFault, spans } from '../../../../src/domain/phase.ts';
import { rulesFault, suggestByRules } from '../../../../src/domain/suggestion/rules.ts';
import { readText } from '../../../../src/domain/suggestion/sentences.ts';

const phases = ['planning', 'evidence', 'synthesis'];

/** The text of each phase that the rules suggest. */
function parts(text: string, names = phases): string[] {
  const { boundaries } = suggestByRules(text, names)!;
  return spans(text.length, boundaries).map(({ start, end }) => text.slice(start, end));
}

describe('the rules', () => {
  it.each([
    [
      '<think>First find when the low tone sounds, then look at the colour there.\n',
      'At 0:01 the square is red and silent. At 0:03 the low tone sounds. The square is green.\n',
      'So the colour is green.</think><answer>B</answer>',
    ],
    [
      'Okay, let me watch the clip carefully. I need to find who speaks first.',
      ' In the video, I can see two people at a table. The woman wears a red coat. Around 12 s, we hear her say hello.',
      ' Therefore, the woman speaks first. The answer is (A).',
    ],
    [
      '<plan>Look for the dog. Listen for its bark.</plan>',
      '\n<evidence>It barks twice.</evidence>',
      '\n<answer>2</answer>',
    ],
    ['', '<think>I hear a drum. It plays at 0:02.', ' Hence the answer is C.</think>'],
    ['Let me think about this.', '', ' Thus the answer is 4.'],
  ])('cut %j | %j | %j', (planning, evidence, synthesis) => {
    const found = parts(planning + evidence + synthesis);
    expect(found.map((part) => part.trim())).toEqual([planning, evidence, synthesis].map((part) => part.trim()));
  });

  it('begin a phase at the space before it, but after a line break', () => {
    expect(suggestByRules('Let me look. At 0:01 it is red. So it is red.', phases)!.boundaries).toEqual([12, 31]);
    expect(suggestByRules('Let me look.\nAt 0:01 it is red.\n\nSo it is red.', phases)!.boundaries).toEqual([13, 33]);
  });

  it('offer nothing for phases they do not know, and say so; some of those they know are enough', () => {
    expect(suggestByRules('So it is red.', ['planning', 'check'])).toBeNull();
    expect(rulesFault(['planning', 'check'])).toContain('not “check”');
    expect(rulesFault(phases)).toBeNull();
    expect(parts('At 0:01 it is red. So it is red.', ['evidence', 'synthesis'])).toEqual([
      'At 0:01 it is red.',
      ' So it is red.',
    ]);
  });

  it('are surer of a text with marks than of one without', () => {
    const marked = suggestByRules('Let me look. At 0:01 it is red. So it is red.', phases)!;
    const plain = suggestByRules('It is a day. It is a red one. It is over.', phases)!;
    expect(Math.min(...marked.scores)).toBeGreaterThan(Math.max(...plain.scores.slice(1)));
    expect(marked.entropy).toBeLessThan(plain.entropy);
  });

  it('cut any text where it can be cut', () => {
    const pieces = fc.constantFrom(
      '<think>',
      '</think>',
      '<a',
      'At 0:03 ',
      'So ',
      '. ',
      '\n',
      '好。',
      '😀',
      'שלום ',
      '  ',
      'x',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces).map((all) => all.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const { boundaries, scores, entropy } = suggestByRules(text, phases)!;
          expect(boundariesFault(text, boundaries, 3)).toBeNull();
          for (const score of scores) expect(score >= 0 && score <= 1 + 1e-9).toBe(true);
          expect(entropy).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe('a text as suggestions read it', () => {
  it('has tags and times as single words, and sentences between tags', () => {
    const { words, sentences } = readText('<think>At 1:02.5 it rings. Yes.</think> <answer>B</answer>');
    expect(words.slice(0, 3)).toEqual(['<think>', 'At', '1:02.5']);
    expect(sentences.map(({ text, tags }) => ({ text, tags }))).toEqual([
      { text: 'At 1:02.5 it rings.', tags: ['think'] },
      { text: 'Yes.', tags: ['think'] },
      { text: 'B', tags: ['answer'] },
    ]);
  });

  it('has words and sentences that tile it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { starts, words, sentences } = readText(text);
        expect(starts[0] ?? 0).toBe(0);
        starts.forEach((start, i) => expect(start).toBeLessThan(starts[i + 1] ?? text.length));
        expect(sentences.at(-1)?.to ?? 0).toBe(words.length);
        sentences.forEach(
          ({ from, to }, i) => expect(from).toBe(sentences[i - 1]?.to ?? 0) ?? expect(to).toBeGreaterThan(from),
        );
      }),
    );
  });
});
