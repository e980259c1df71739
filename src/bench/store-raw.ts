/** The peer of the store's bench: the driver alone, with the same tables, doing what an import and a page cannot do without. */
import Database from 'better-sqlite3';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

interface Line {
  prompt: {
    id: string;
    dataset: string;
    question: string;
    options: string[];
    answer: string;
    problemType: string;
    video: string;
    split: string;
  };
  rollout: {
    id: string;
    group: string;
    policy: string;
    policyVersion: number;
    completion: string;
    rewards: object;
    reward: number;
    advantage: number;
    tokens: { ids: number[]; offsets: number[]; logProbs: number[]; tokenizer: string } | null;
    hinted: boolean;
    createdAt: string;
  };
}

const perTransaction = 1_000;

function open(file: string): Database.Database {
  const database = new Database(file);
  database.pragma('synchronous = NORMAL');
  database.pragma('foreign_keys = ON');
  return database;
}

/** Brings a dump (`writeDump`) into the empty store at `file`. */
export async function rawImport(file: string, dump: string): Promise<void> {
  const database = open(file);
  const known = { prompt: number('prompts'), group: number('groups') };
  function number(table: string): Database.Statement<[string], number> {
    return database.prepare<[string], number>(`SELECT n FROM ${table} WHERE id = ?`).pluck();
  }
  const addPrompt = database.prepare(
    'INSERT INTO prompts (id, dataset, question, options, answer, problem_type, video, split) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const addKey = database.prepare('INSERT INTO prompt_keys (key, prompt_n) VALUES (?, ?)');
  const addGroup = database.prepare('INSERT INTO groups (id, prompt_n, policy, policy_version) VALUES (?, ?, ?, ?)');
  const addRollout = database.prepare(
    `INSERT OR IGNORE INTO rollouts (id, prompt_n, group_n, policy, policy_version, completion, rewards, reward, advantage,
       token_ids, token_offsets, log_probs, tokenizer, hinted, source, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const count = database.prepare(
    `UPDATE groups SET (rollouts, scored, mean, best) =
       (SELECT count(*), count(reward), avg(reward), max(reward) FROM rollouts WHERE group_n = groups.n) WHERE n = ?`,
  );
  const add = ({ prompt, rollout }: Line): number => {
    let promptN = known.prompt.get(prompt.id);
    if (promptN === undefined) {
      const { id, dataset, question, options, answer, problemType, video, split } = prompt;
      const row = [id, dataset, question, JSON.stringify(options), answer, problemType, video, split];
      promptN = Number(addPrompt.run(row).lastInsertRowid);
      for (const key of [id, question, question + options.join(' ')]) addKey.run(key, promptN);
    }
    const { policy, policyVersion } = rollout;
    const groupN =
      known.group.get(rollout.group) ??
      Number(addGroup.run(rollout.group, promptN, policy, policyVersion).lastInsertRowid);
    const { tokens } = rollout;
    const bytes = (array: Int32Array | Float32Array): Buffer => Buffer.from(array.buffer);
    addRollout.run(
      ...[rollout.id, promptN, groupN, policy, policyVersion, rollout.completion, JSON.stringify(rollout.rewards)],
      ...[rollout.reward, rollout.advantage],
      ...(tokens
        ? [
            bytes(Int32Array.from(tokens.ids)),
            bytes(Int32Array.from(tokens.offsets)),
            bytes(Float32Array.from(tokens.logProbs)),
            tokens.tokenizer,
          ]
        : [null, null, null, null]),
      ...[Number(rollout.hinted), `import:${dump}`, rollout.createdAt],
    );
    return groupN;
  };
  const addAll = database.transaction((lines: string[]) => {
    for (const group of new Set(lines.map((line) => add(JSON.parse(line) as Line)))) count.run(group);
  });
  let lines: string[] = [];
  for await (const line of createInterface(createReadStream(dump))) {
    if (lines.push(line) < perTransaction) continue;
    addAll(lines);
    lines = [];
  }
  addAll(lines);
  database.close();
}

/** Reads the page of 100 rollouts from a group on. */
export function rawPages(file: string): { read: (group: number) => unknown[]; close: () => void } {
  const database = open(file);
  const page = database.prepare(
    `SELECT r.*, p.id AS prompt, g.id AS "group" FROM rollouts r JOIN prompts p ON p.n = r.prompt_n JOIN groups g ON g.n = r.group_n
     WHERE (r.group_n, r.n) > (?, 0) ORDER BY r.group_n, r.n LIMIT 101`,
  );
  return { read: (group) => page.all(group), close: () => database.close() };
}
