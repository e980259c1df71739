import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeReward } from '../../../src/domain/reward.ts';
import type { Prompt, TrueEvent } from '../../../src/domain/rollout.ts';
import { evidenceScores, judgeOf } from '../../../src/domain/scene-judge.ts';

const events: TrueEvent[] = [
  { kind: 'shape', colour: 'red', start: 1, end: 3 },
  { kind: 'shape', colour: 'green', start: 3, end: 4 },
  { kind: 'tone', tone: 'low', start: 0, end: 2 },
  { kind: 'tone', tone: 'high', start: 62, end: 64 },
];
const scores = (text: string): number[] => evidenceScores(events, `<think>${text}</think><answer>1</answer>`);

describe('a statement of evidence', () => {
  it.each([
    ['At 0:00 dark, low starts.', [1]],
    ['At 0:01 red enters, low.', [1]],
    ['At 0:01 red returns, low restarts.', [1]],
    ['At 0:02 red, low.', [0.5]],
    ['At 0:02 blue enters, silent.', [0.5]],
    ['At 0:03 dark, low starts.', [0]],
    ['At 1:02 dark, high starts.', [1]],
    ['I listen. At 0:00 dark, low starts. At 0:01 red enters, low. So red enters at 0:01.', [1, 1]],
  ])('%s earns %j', (text, earned) => expect(scores(text)).toEqual(earned));

  it('is no gain when it is told again, or when it is of a time after all there is', () => {
    expect(scores('At 0:00 dark, low. At 0:00 dark, low.')).toEqual([1, 0]);
    expect(scores('At 9:00 dark, silent. At 1:04 dark, silent.')).toEqual([]);
  });
});

describe('the judge', () => {
  it('is there only for prompts with events it knows', () => {
    expect(judgeOf({ events })).not.toBeNull();
    for (const none of [undefined, null, [], [{ kind: 'word', start: 0, end: 1 }]]) {
      expect(judgeOf({ events: none })).toBeNull();
    }
  });

  it('finds the reasoning of the sample project’s dumps mostly true, of another clip less so', async () => {
    const sample = resolve(import.meta.dirname, '../../../media/sample');
    const lines = <Line>(file: string): Line[] =>
      readFileSync(resolve(sample, file), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
    const prompts = lines<Prompt>('dataset.jsonl');
    const bySource = new Map(prompts.map((prompt) => [prompt.sourceId, prompt]));
    const written = lines<{ prompt: Prompt; rollout?: { completion: string } }>('rollouts/sample.rollouts.jsonl')
      .filter(({ rollout }) => rollout)
      .slice(0, 200);
    const mean = async (of: (prompt: Prompt) => Prompt): Promise<number> => {
      const rewards = await Promise.all(
        written.map(async ({ prompt, rollout }) => {
          const known = of(bySource.get(prompt.sourceId)!);
          return judgeReward((await judgeOf(known)!.score(known, rollout!.completion))!);
        }),
      );
      return rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    };
    const own = await mean((prompt) => prompt);
    const other = await mean((prompt) => prompts[(prompts.indexOf(prompt) + 100) % prompts.length]);
    expect(own).toBeGreaterThan(0.7);
    expect(other).toBeLessThan(own - 0.2);
  });
});
