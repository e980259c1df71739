import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { judgeDefaults, overridden, overrideKeys, parseRunConfig, presetConfig } from '../../../src/domain/preset.ts';
import { stageWeights } from '../../../src/domain/reward.ts';
import { defaultLora, presets, type Preset, type RunConfig } from '../../../src/domain/run.ts';
import type { TasScheme } from '../../../src/domain/tas.ts';

const avatar = presetConfig('avatar', '/policies/cold-start', 1);

/** The value of an override's key, as JSON. */
function at(config: RunConfig, key: string): string {
  const [outer, inner] = key.split('.');
  const value = config[outer as keyof RunConfig];
  return JSON.stringify(inner === undefined ? value : (value as Record<string, unknown>)[inner]);
}

describe('presets', () => {
  it.each(presets)('%s is a right configuration that survives its row', (preset) => {
    const config = presetConfig(preset, 'policy', 3);
    expect(parseRunConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
    expect(config).toMatchObject({ preset, policy: 'policy', seed: 3 });
  });

  it('mix as docs/algorithm.md says', () => {
    expect(avatar).toMatchObject({ onPolicy: 4, offPolicy: 4, replayMin: 128 });
    expect(presetConfig('grpo', 'p', 0)).toMatchObject({ onPolicy: 8, offPolicy: 0, tas: { scheme: 'uniform' } });
    expect(presetConfig('offline', 'p', 0).onPolicy).toBe(0);
  });

  it('for the paper’s ablations change what their rows say and nothing else', () => {
    const changed = (preset: Preset, from: Preset): string[] => {
      const [one, other] = [presetConfig(preset, 'p', 0), presetConfig(from, 'p', 0)];
      return overrideKeys(one).filter((key) => key !== 'preset' && at(one, key) !== at(other, key));
    };
    const replay = ['onPolicy', 'offPolicy', 'replayMin', 'storedRollouts'];
    const weights = ['tas.scheme', 'tas.fallback'];
    expect(changed('tas-only', 'grpo')).toEqual(weights);
    expect(changed('tas-only', 'avatar')).toEqual([...replay, 'hints.enabled']);
    expect(changed('replay-only', 'avatar')).toEqual(weights);
    expect(changed('replay-only', 'grpo')).toEqual([...replay, 'hints.enabled']);
    expect(changed('no-hints', 'avatar')).toEqual(['hints.enabled']);
    const schemes = {
      'tas-uniform': 'uniform',
      'tas-linear-decay': 'linear-decay',
      'tas-linear-incline': 'linear-incline',
      'tas-inverse-parabola': 'inverse-parabolic',
      'tas-parabola': 'parabolic',
    } as const;
    for (const [preset, scheme] of Object.entries(schemes) as [keyof typeof schemes, TasScheme][]) {
      expect(weights).toEqual(expect.arrayContaining(changed(preset, 'avatar')));
      expect(presetConfig(preset, 'p', 0).tas).toMatchObject({ scheme, fallback: scheme });
    }
  });

  it('give fresh objects', () => {
    presetConfig('avatar', 'p', 0).tas.annotators.push('x');
    expect(presetConfig('avatar', 'p', 0).tas.annotators).toEqual([]);
  });
});

describe('overrides', () => {
  it('set numbers, words, nulls, parts, lists and weights', () => {
    const config = overridden(avatar, [
      'learningRate=1e-3',
      'stage=visual',
      'maxStaleness=null',
      'tas.lambda=0',
      'tas.scheme=parabolic',
      'tas.annotators=ana,ben',
      'rewardWeights={"accuracy":1}',
      'judge.endpoint=http://127.0.0.1:8000/v1',
      'judge.model=small',
      'judge.concurrency=1',
      'hints.enabled=false',
      'dataset=a=b',
    ]);
    expect(config).toEqual({
      ...avatar,
      learningRate: 1e-3,
      stage: 'visual',
      maxStaleness: null,
      tas: { ...avatar.tas, lambda: 0, scheme: 'parabolic', annotators: ['ana', 'ben'] },
      rewardWeights: { accuracy: 1 },
      judge: { ...judgeDefaults, endpoint: 'http://127.0.0.1:8000/v1', model: 'small', concurrency: 1 },
      hints: { ...avatar.hints, enabled: false },
      dataset: 'a=b',
    });
    expect(avatar.tas.lambda).toBe(0.3);
  });

  it('begin an adapter from its default, or take it whole or away', () => {
    expect(avatar.lora).toBeNull();
    const config = overridden(avatar, ['lora.rank=8', 'lora.modules=q_proj,v_proj']);
    expect(config.lora).toEqual({ ...defaultLora, rank: 8, modules: ['q_proj', 'v_proj'] });
    expect(overridden(config, ['lora=null']).lora).toBeNull();
    const whole = { rank: 2, alpha: 4, modules: ['o_proj'] };
    expect(overridden(avatar, [`lora=${JSON.stringify(whole)}`]).lora).toEqual(whole);
  });

  it('choose the rule of rewards, and weights by name or stage by stage', () => {
    expect(avatar.rewardRule).toBe('ours');
    expect(overridden(avatar, ['rewardRule=authors', 'rewardWeights=readme'])).toEqual({
      ...avatar,
      rewardRule: 'authors',
      rewardWeights: 'readme',
    });
    const one = { judge: 0.5, accuracy: 0.5 };
    const changed = `rewardWeights.localisation=${JSON.stringify(one)}`;
    for (const [name, before] of [
      ['page', []],
      ['readme', ['rewardWeights=readme']],
    ] as const) {
      const weights = { ...stageWeights[name], localisation: one };
      expect(overridden(avatar, [...before, changed]).rewardWeights).toEqual(weights);
      const given = overridden(avatar, [`rewardWeights=${JSON.stringify(weights)}`]);
      expect(given.rewardWeights).toEqual(weights);
      expect(parseRunConfig(JSON.parse(JSON.stringify(given)))).toEqual(given);
    }
    const flat = overridden(avatar, ['rewardWeights={"accuracy":1}', changed]).rewardWeights;
    expect(flat).toEqual({ visual: { accuracy: 1 }, 'audio-visual': { accuracy: 1 }, localisation: one });
    expect(stageWeights.page.localisation).not.toEqual(one);
  });

  it('of a judge from before it could be shown anything score steps of text, and ask again', () => {
    const older = { endpoint: 'https://host/v1', model: 'm', timeout: 60, concurrency: 4 };
    const { judge } = parseRunConfig({ ...avatar, judge: older });
    expect(judge).toEqual({ ...older, style: 'steps', frames: 0, unreadable: 'retry' });
  });

  it('of rows from before there were adapters, ways to estimate the KL and rules have none, k3 and ours', () => {
    const { adapter, lora, baseBits, klEstimator, rewardRule, ...older } = avatar;
    expect([adapter, lora, baseBits, klEstimator, rewardRule]).toEqual([null, null, 32, 'k3', 'ours']);
    expect(parseRunConfig(older)).toEqual(avatar);
  });

  it('of rows from before there were selections have none; a selection is a list of ids, none of which stands twice', () => {
    const { prompts, ...older } = avatar;
    expect([prompts, parseRunConfig(older)]).toEqual([null, avatar]);
    const set = (text: string): RunConfig['prompts'] => overridden(avatar, [`prompts=${text}`]).prompts;
    expect(['p-1,p-2', '["p-1","p-2"]', '17', 'null'].map(set)).toEqual([['p-1', 'p-2'], ['p-1', 'p-2'], ['17'], null]);
    expect(() => set('[]')).toThrow('prompts: must name a prompt');
    expect(() => set('p-1,p-1')).toThrow('prompts: names a prompt twice');
    const many = Array.from({ length: 10_001 }, (_, i) => `p-${i}`);
    expect(() => set(many.join(','))).toThrow('must name at most 10000 prompts: train on a dataset instead');
  });

  it('of rows from before there were instructions have none, and hints as they were', () => {
    const { system, hints, ...older } = avatar;
    const { role, prefix, ...before } = hints;
    expect([system, role, prefix]).toEqual([null, 'system', 'Hint: ']);
    expect(parseRunConfig({ ...older, hints: before })).toEqual(avatar);
  });

  it('set an instruction, which is not empty, or none, and how hints are said', () => {
    const config = overridden(avatar, ['system=Be brief = kind.', 'hints.role=user', 'hints.prefix=Tip: ']);
    expect(config).toEqual({
      ...avatar,
      system: 'Be brief = kind.',
      hints: { ...avatar.hints, role: 'user', prefix: 'Tip: ' },
    });
    expect(overridden(config, ['system=null']).system).toBeNull();
    expect(() => overridden(avatar, ['system= '])).toThrow('system: must not be empty: null is none');
    expect(() => overridden(avatar, ['hints.role=assistant'])).toThrow('hints.role');
  });

  it('of rows from before the authors’ settings train as they did', () => {
    const { groupSize, minibatches, schedule, warmup, beta2, replayAlpha, replayReplacement, ...rest } = avatar;
    const {
      tierShares,
      tierQuantile,
      replayDeviation,
      rewardWindow,
      rewardMean,
      storedRewards,
      storedEvaluations,
      ...older
    } = rest;
    expect([groupSize, minibatches, schedule, warmup, beta2, replayAlpha]).toEqual([null, 1, 'constant', 0, 0.999, 1]);
    expect([replayReplacement, tierQuantile, replayDeviation]).toEqual([false, 'linear', 'window']);
    expect([tierShares, rewardWindow, rewardMean, storedRewards, storedEvaluations]).toEqual([
      { easy: 0.25, medium: 0.35, hard: 0.4 },
      ...[20, 'after', true, false],
    ]);
    const { rule, ...hints } = avatar.hints;
    expect(rule).toBe('visits');
    expect(parseRunConfig({ ...older, hints })).toEqual(avatar);
  });

  it.each([
    ['steps', 'write key=value'],
    ['=3', 'write key=value'],
    ['stepz=3', 'no such key; the keys are'],
    ['tas=3', 'no such key'],
    ['tas.__proto__=3', 'no such key'],
    ['steps=0', 'steps: '],
    ['steps=many', 'steps: '],
    ['klWeight=-1', 'klWeight: '],
    ['clipLow=1.5', 'clipLow: '],
    ['backend=cuda', 'backend: '],
    ['tas.scheme=round', 'tas.scheme: '],
    ['tas.fallback=phase-warped', 'tas.fallback: must be a scheme that needs no phases'],
    ['rewardWeights={"accuracy":0}', 'rewardWeights: must weigh some part above 0'],
    ['rewardWeights.visual={"format":0,"accuracy":0}', 'rewardWeights.visual: must weigh some part above 0'],
    ['preset=grpo', '--set preset: --preset names it'],
    ['rewardRule=theirs', 'rewardRule: must be ours or authors, not “theirs”'],
    ['rewardWeights={"beauty":1}', 'rewardWeights: must be page or readme, or weights of at least 0 by part (format,'],
    ['rewardWeights=ours', 'rewardWeights: must be page'],
    ['rewardWeights={"accuracy":-1}', 'rewardWeights.accuracy: '],
    ['rewardWeights={"visual":{"accuracy":1}}', 'or such weights for each stage (visual,'],
    ['rewardWeights.visual={"beauty":1}', 'rewardWeights: must be page'],
    ['rewardWeights.cold={"accuracy":1}', 'no such key; the keys are'],
    ['rewardRule=theirs', 'rewardRule: '],
    ['onPolicy=1', 'at least two completions'],
    ['lora.rank=0', 'lora.rank: '],
    ['lora.modules=lm_head', 'lora.modules.0: '],
    ['lora.modules=[]', 'must name a module'],
    ['lora.dropout=0.1', 'no such key; the keys are'],
    ['lora=8', 'lora: '],
    ['baseBits=16', 'baseBits: '],
    ['baseBits=8', 'baseBits is 8 and all weights train'],
    ['ratioCap=0', 'ratioCap: '],
    ['klEstimator=k1', 'klEstimator: '],
    ['stages=visual', 'stages.0: '],
    ['stages=[{"stage":"visual","steps":4}]', 'steps are not those of the stages together'],
    ['stages=[{"stage":"visual","steps":12},{"stage":"visual","steps":12}]', 'stages name a stage twice'],
    ['minibatches=0', 'minibatches: '],
    ['minibatches=65', 'more than the rows of an iteration'],
    ['groupSize=3', 'less than the onPolicy completions'],
    ['groupSize=1', 'groupSize: '],
    ['tierShares.easy=0.3', 'tierShares: must add up to 1'],
    ['tierShares.huge=0.3', 'no such key'],
    ['tierQuantile=cubic', 'tierQuantile: '],
    ['replayAlpha=-1', 'replayAlpha: '],
    ['replayDeviation=group', 'replayDeviation: '],
    ['rewardWindow=0', 'rewardWindow: '],
    ['rewardMean=during', 'rewardMean: '],
    ['schedule=linear', 'schedule: '],
    ['warmup=1.1', 'warmup: '],
    ['beta2=1', 'beta2: must be below 1'],
    ['dualClip=1', 'dualClip: '],
    ['hints.rule=always', 'hints.rule: '],
    ['judge=http://127.0.0.1/v1', 'judge: '],
    ['judge.endpoint=http://127.0.0.1/v1', 'judge.model: must not be empty'],
    ['judge={"endpoint":"https://me:secret@host/v1","model":"m"}', 'judge.endpoint: must be an http or https address'],
    ['judge={"endpoint":"https://host/v1?key=secret","model":"m"}', 'judge.endpoint: must be an http or https address'],
    ['judge={"endpoint":"file:///etc/v1","model":"m"}', 'judge.endpoint: must be an http or https address'],
    ['judge={"endpoint":"https://host/v1","model":"m","timeout":301}', 'judge.timeout: '],
    ['judge={"endpoint":"https://host/v1","model":"m","frames":65}', 'judge.frames: '],
    ['judge={"endpoint":"https://host/v1","model":"m","style":"both"}', 'judge.style: '],
    ['judge={"endpoint":"https://host/v1","model":"m","unreadable":"stop"}', 'judge.unreadable: '],
  ])('%s is refused: %s', (override, reason) => {
    expect(() => overridden(avatar, [override])).toThrow(reason);
  });

  it.each(['judge', 'lora', 'rewardWeights'])('of a part of %s that has none are refused', (key) => {
    const part = { judge: 'model', lora: 'rank', rewardWeights: 'visual' }[key];
    const reason = `--set ${key}.${part}: ${key} is "none", which has no parts`;
    expect(() => overridden(avatar, [`${key}=none`, `${key}.${part}=1`])).toThrow(reason);
  });

  it('of a curriculum’s steps or stage alone are refused', () => {
    const curriculum = presetConfig('curriculum', 'p', 1);
    expect(() => overridden(curriculum, ['steps=6'])).toThrow('change the steps of each stage');
    expect(() => overridden(curriculum, ['stage=visual'])).toThrow('leave one of them out');
  });

  it('set the authors’ settings one by one', () => {
    const one = overridden(avatar, [
      ...['groupSize=8', 'minibatches=4', 'schedule=cosine', 'warmup=0.05', 'beta2=0.95', 'dualClip=null'],
      ...['replayReplacement=true', 'tierQuantile=nearest', 'replayAlpha=0.5', 'replayDeviation=batch'],
      ...['rewardWindow=5', 'rewardMean=before', 'storedRewards=false', 'hints.rule=completions'],
      ...['hints.rewardThreshold=null', 'tierShares.easy=0.3', 'tierShares.hard=0.35'],
    ]);
    expect(one).toMatchObject({
      ...{ groupSize: 8, minibatches: 4, schedule: 'cosine', warmup: 0.05, beta2: 0.95, dualClip: null },
      ...{ replayReplacement: true, tierQuantile: 'nearest', replayAlpha: 0.5, replayDeviation: 'batch' },
      ...{ rewardWindow: 5, rewardMean: 'before', storedRewards: false },
      hints: { rule: 'completions', rewardThreshold: null },
      tierShares: { easy: 0.3, medium: 0.35, hard: 0.35 },
    });
    expect(() => overridden(presetConfig('offline', 'p', 1), ['storedRewards=false'])).toThrow('moving mean');
    expect(() => overridden(presetConfig('offline', 'p', 1), ['groupSize=8'])).toThrow('the run makes none');
  });

  it('of every key by its own value change nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...presets), (preset) => {
        const config = presetConfig(preset, 'p', 7);
        const same = overrideKeys(config).map((key) => {
          return `${key}=${at(config, key)}`;
        });
        expect(overridden(config, same)).toEqual(config);
      }),
    );
  });

  it('take a base of 8 bits beneath an adapter of the embedded engine', () => {
    expect(overridden(avatar, ['baseBits=8', 'lora.rank=8']).baseBits).toBe(8);
    expect(overridden(avatar, ['baseBits=8', 'adapter=/some']).baseBits).toBe(8);
    for (const engine of ['torch', 'ray'])
      expect(() => overridden(avatar, ['baseBits=8', 'lora.rank=8', `engine=${engine}`])).toThrow(
        'baseBits is 8, which the embedded engine alone holds',
      );
  });

  it('refuse a fresh adapter beside a given one', () => {
    expect(() => overridden(avatar, ['adapter=/some', 'lora.rank=8'])).toThrow('adapter and lora are both given');
  });

  it('name every fault of a configuration at once', () => {
    const faulty = { ...avatar, steps: 0, seed: 'x', extra: 1 };
    expect(() => parseRunConfig(faulty)).toThrow(/seed.*steps.*extra/s);
  });

  it('says where null stands for none', () => {
    expect(() => overridden(avatar, ['dualClip=off'])).toThrow('dualClip: must be a number, not “off” (null for none)');
    expect(() => overridden(avatar, ['dualClip=1'])).toThrow('(null for none)');
    expect(() => overridden(avatar, ['clipLow=off'])).toThrow(/must be a number, not “off”$/u);
  });
});
