import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { changedPhasesText, expectedSources, shapingOf, sourceText } from '../../../src/domain/weight-source.ts';

const { tas } = presetConfig('avatar', 'policy', 1);
const completion = 'First I plan. At 0:01 red. So it is B.';
const label = (annotator: string, savedAt: string, boundaries = [14, 27]) => ({ annotator, savedAt, boundaries });
const [ana, ben, rules] = [label('ana', '1'), label('ben', '2', [13, 26]), label('suggestion:rules', '3', [1, 2])];

describe('what shapes a rollout’s weights', () => {
  it('is the latest label of a person, however late a suggestion came', () => {
    expect(shapingOf(completion, [ana, ben, rules], tas)).toEqual({ boundaries: [13, 26], source: 'label:ben' });
    expect(shapingOf(completion, [rules], tas)).toEqual({ boundaries: [1, 2], source: 'suggestion:rules' });
  });

  it('is without a label the latest suggestion, the rules’ after any other', () => {
    const tagger = label('suggestion:tagger', '1', [3, 4]);
    expect(shapingOf(completion, [rules, tagger], tas)).toEqual({ boundaries: [3, 4], source: 'suggestion:tagger' });
    const cues = { evidence: ' At ', synthesis: ' So ' };
    expect(shapingOf(completion, [rules], { ...tas, cues }).source).toBe('suggestion:rules');
  });

  it.each(['suggestion:agent:night-reader', 'suggestion:model:small'])('is not %s, unless the run names it', (name) => {
    const read = label(name, '9', [3, 4]);
    expect(shapingOf(completion, [read], tas).source).toBe('parabolic');
    expect(shapingOf(completion, [read, rules], tas).source).toBe('suggestion:rules');
    const named = { ...tas, annotators: [name] };
    expect(shapingOf(completion, [read, rules, ana], named)).toEqual({ boundaries: [3, 4], source: name });
  });

  it('is, where the run names annotators, the first of them who has one, and nobody else’s', () => {
    const named = { ...tas, annotators: ['suggestion:rules', 'ana'] };
    expect(shapingOf(completion, [ana, ben, rules], named).source).toBe('suggestion:rules');
    expect(shapingOf(completion, [ana, ben], named).source).toBe('label:ana');
    expect(shapingOf(completion, [ben], named).source).toBe('parabolic');
  });

  it('is not a label of another phase schema', () => {
    expect(shapingOf(completion, [label('ana', '1', [3]), label('ben', '0', [1, 2, 3])], tas).source).toBe('parabolic');
    const cues = { evidence: ' At ', synthesis: ' So ' };
    const two = { ...tas, scheme: 'phase-constant' as const, phaseWeights: [0, 1], cues };
    expect(shapingOf(completion, [label('ana', '1', [3])], two)).toEqual({ boundaries: [3], source: 'label:ana' });
    expect(shapingOf(completion, [], two).source).toBe('parabolic');
    expect(shapingOf(completion, [label('ana', '1', [3])], { ...two, scheme: 'phase-warped' }).source).toBe(
      'parabolic',
    );
  });

  it('is without labels what the cues say, else the fallback; no phases for a scheme that needs none', () => {
    const cues = { evidence: ' At ', synthesis: ' So ' };
    expect(shapingOf(completion, [], { ...tas, cues })).toEqual({ boundaries: [13, 26], source: 'suggestion:cues' });
    expect(shapingOf('I guess.', [], { ...tas, cues })).toEqual({ boundaries: null, source: 'parabolic' });
    expect(shapingOf(completion, [ana], { ...tas, scheme: 'uniform' })).toEqual({
      boundaries: null,
      source: 'uniform',
    });
  });
});

it('a source is told in words', () => {
  const words = (['label:ana', 'suggestion:rules', 'suggestion:cues', 'parabolic'] as const).map(sourceText);
  expect(words).toEqual(['label of ana', 'suggestion of rules', 'suggestion of cues', 'parabolic']);
});

it('phases that changed are told with what the run does about it: nothing', () => {
  expect([0, 1, 3].map((changed) => changedPhasesText({ sources: [], changed }))).toEqual([
    null,
    'The phases of 1 rollout changed since this run started; the run keeps those it began with.',
    'The phases of 3 rollouts changed since this run started; the run keeps those it began with.',
  ]);
});

describe('what stored rollouts’ weights would come from', () => {
  const stored = [
    { annotators: [], rollouts: 7 },
    { annotators: ['ana', 'suggestion:rules'], rollouts: 14 },
    { annotators: ['suggestion:rules'], rollouts: 1386 },
    { annotators: ['ben'], rollouts: 1 },
  ];

  it('is counted: people’s labels before suggestions, and the rest', () => {
    expect(expectedSources(stored, tas)).toBe('15 labels, 1,386 suggestions, the rest parabolic');
    expect(expectedSources(stored.slice(3), tas)).toBe('1 label');
  });

  it('is of the annotators that the run names, the first of them first', () => {
    expect(expectedSources(stored, { ...tas, annotators: ['ben'] })).toBe('1 label, the rest parabolic');
    const named = { ...tas, annotators: ['suggestion:rules', 'ana'] };
    expect(expectedSources(stored, named)).toBe('1,400 suggestions, the rest parabolic');
  });

  it.each(['suggestion:agent:night-reader', 'suggestion:model:small'])(
    'counts no %s where the run does not name it',
    (name) => {
      const read = [{ annotators: [name], rollouts: 3 }];
      expect(expectedSources(read, tas)).toBe('no label or suggestion, so parabolic');
      expect(expectedSources(read, { ...tas, annotators: [name] })).toBe('3 suggestions');
    },
  );

  it('is the scheme where no phases are needed, there are none, or they cannot shape it', () => {
    expect(expectedSources(stored, { ...tas, scheme: 'uniform' })).toBe('uniform');
    expect(expectedSources([], tas)).toBe('no label or suggestion, so parabolic');
    expect(expectedSources(stored, { ...tas, phaseWeights: [1, 0] })).toBe('parabolic');
    const cues = { evidence: ' At ', synthesis: ' So ' };
    expect(expectedSources(stored.slice(0, 2), { ...tas, cues })).toBe('14 labels, the rest by cues, else parabolic');
  });
});
