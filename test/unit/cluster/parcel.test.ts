import { describe, expect, it } from 'vitest';
import {
  openAnswer,
  openEvaluationParcel,
  openRunParcel,
  packParcel,
  type EvaluationNews,
  type Parcel,
  type RunNews,
} from '../../../src/cluster/parcel.ts';
import { makeGroup, makePrompt } from '../store/rows.ts';

const run = '11111111-1111-4111-8111-111111111111';
const tokens = {
  ids: Int32Array.of(1, -2, 2 ** 31 - 1),
  offsets: Int32Array.of(0, 1, 2),
  logProbs: Float32Array.of(-0.1, -1e-30, -3),
  tokenizer: 'tiny',
  curves: { entropy: Float32Array.of(0.5, Number.NaN, 2), credit: Float32Array.of(1, -1, 0.1) },
};
const [rollout] = makeGroup(makePrompt(), [1], { runId: run });
const parcel: Parcel<RunNews> = {
  iterations: [
    {
      metric: { iteration: 1, at: 5, values: { reward: 0.1 + 0.2 }, advantages: [1, -1] },
      rollouts: [{ ...rollout, tokens }],
    },
  ],
  snapshot: [{ rolloutId: 'r', boundaries: [1, 2], source: 'label:ann' }],
  log: [{ at: 1, level: 'warn', message: 'é' }],
  change: { measured: null, backend: 'torch', summary: { reward: 1 }, provenance: { policy: 'p', deviations: ['d'] } },
  checkpoint: { iteration: 1, files: [{ name: 'adapter_model.safetensors', bytes: 3, sha256: 'a'.repeat(64) }] },
  end: { status: 'failed', error: 'no' },
};

describe('a parcel', () => {
  it('comes out as it went in, bit for bit', () => {
    expect(openRunParcel(packParcel(parcel), run)).toEqual(parcel);
  });

  const changed = (change: object): string => packParcel({ ...parcel, ...change });
  const file = (name: string): object => ({ iteration: 1, files: [{ name, bytes: 3, sha256: 'a'.repeat(64) }] });

  it.each([
    ['no JSON', '<html>', /is not JSON/u],
    ['half of it', packParcel(parcel).slice(0, 200), /is not JSON/u],
    ['a key more', changed({ more: 1 }), /more: is no key that is known/u],
    ['rollouts of another run', packParcel(parcel).replaceAll(run, run.replace('1', '2')), /of another run/u],
    ['a path as the name of a file', changed({ checkpoint: file('../.bashrc') }), /checkpoint\.files\.0\.name/u],
    ['a folder in it', changed({ checkpoint: file('a/b') }), /checkpoint\.files\.0\.name/u],
    ['a hidden one', changed({ checkpoint: file('.rollout-lab-run') }), /checkpoint\.files\.0\.name/u],
    ['a status of its own', changed({ change: { ...parcel.change, status: 'finished' } }), /change\.status/u],
  ])('is refused with %s', (_, text, message) => {
    expect(() => openRunParcel(text, run)).toThrow(message);
  });
});

describe('a parcel of an evaluation', () => {
  const evaluationId = 'e-1';
  const news: Parcel<EvaluationNews> = {
    rollouts: [{ ...rollout, runId: null, evaluationId, tokens }],
    change: { total: 12, error: null, policyHash: 'ab' },
    end: null,
  };

  it('comes out as it went in', () => {
    expect(openEvaluationParcel(packParcel(news), evaluationId)).toEqual(news);
  });

  it.each([
    [
      'rollouts of another evaluation',
      { ...news, rollouts: [{ ...news.rollouts[0], evaluationId: 'e-2' }] },
      /of another evaluation/u,
    ],
    ['rollouts of a run', { ...news, rollouts: [{ ...news.rollouts[0], runId: run }] }, /rollouts\.0\.runId/u],
    ['a setting', { ...news, change: { ...news.change, settings: {} } }, /change\.settings/u],
    ['what a run tells', parcel, /is none of an evaluation’s/u],
  ])('is refused with %s', (_, told, message) => {
    expect(() => openEvaluationParcel(packParcel(told), evaluationId)).toThrow(message);
  });
});

describe('the parcel of a question', () => {
  it('has an answer, or why there is none', () => {
    const answer = { rows: [] };
    const end = { status: 'finished', error: null } as const;
    expect(openAnswer(packParcel({ answer, end }))).toEqual({ answer, end });
    const failed = { status: 'failed', error: 'no' } as const;
    expect(openAnswer(packParcel({ answer: undefined, end: failed }))).toEqual({ end: failed });
    expect(() => openAnswer(packParcel({ answer, rollouts: [], end }))).toThrow(/rollouts: is no key/u);
  });
});
