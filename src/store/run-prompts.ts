/** What a store has of the prompts that a run names. */
import { stageSpans } from '../domain/curriculum.ts';
import type { RunConfig } from '../domain/run.ts';
import type { RunPrompts } from '../domain/run-prompts.ts';
import type { Connection } from './connection.ts';
import { promptNumbers } from './row-numbers.ts';

/** What of a run's configuration says which prompts and stored rollouts it learns from. */
export type PromptChoice = Pick<
  RunConfig,
  'dataset' | 'prompts' | 'split' | 'stage' | 'stages' | 'steps' | 'onPolicy' | 'storedRollouts' | 'storedEvaluations'
>;

/** SQL: that a stored rollout, which no name stands before, is one that such a run may begin with. */
export function storedCondition({
  storedRollouts,
  storedEvaluations,
}: Pick<PromptChoice, 'storedRollouts' | 'storedEvaluations'>): string {
  const others = { none: 'FALSE', imported: 'run_n IS NULL', all: 'TRUE' }[storedRollouts];
  return `${others} AND ${storedEvaluations ? 'TRUE' : 'evaluation_n IS NULL'}`;
}

export function runPrompts(db: Connection, choice: PromptChoice): RunPrompts {
  const { dataset, split, prompts } = choice;
  const ids = prompts && JSON.stringify(prompts);
  const unknown = db.lists<[id: string]>(
    `SELECT j.value FROM json_each(:ids) j WHERE NOT EXISTS (SELECT 1 FROM prompts WHERE id = j.value)
       AND NOT EXISTS (SELECT 1 FROM prompt_aliases WHERE id = j.value)`,
    { ids: ids ?? '[]' },
  );
  const counted = stageSpans(choice).map(({ stage }) => ({
    stage,
    ...db.get<Omit<RunPrompts['stages'][number], 'stage'>>(
      `SELECT count(*) AS prompts, count(answer) AS answered, count(*) FILTER (WHERE :offline AND EXISTS (
         SELECT 1 FROM rollout_facts WHERE prompt_n = p.n AND ${storedCondition(choice)})) AS learnt
       FROM prompts p WHERE split = :split AND (:dataset IS NULL OR dataset = :dataset)
         AND (:stage IS NULL OR stage = :stage) AND (:ids IS NULL OR n IN (${promptNumbers('ids')}))`,
      { split, dataset, stage, ids, offline: Number(choice.onPolicy === 0) },
    )!,
  }));
  const selected = db.get<{ count: number }>(`SELECT count(*) AS count FROM (${promptNumbers('ids')})`, {
    ids: ids ?? '[]',
  })!;
  // A stage is named once, so that no prompt is counted twice.
  const trained = counted.reduce((sum, stage) => sum + stage.prompts, 0);
  return { unknown: unknown.map(([id]) => id), left: ids === null ? 0 : selected.count - trained, stages: counted };
}
