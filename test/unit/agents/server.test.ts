import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Answers, caution } from '../../../src/agents/client.ts';
import { tools } from '../../../src/agents/tools.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';
import { asker, injected, poisonedStore, rowsOf, unmarked } from './fixture.ts';

interface Told {
  isError?: boolean;
  content: { type: string; text: string }[];
}

/** The SDK's client of `rollout-lab mcp`, and what the server asks of it. */
async function connected(...words: string[]): Promise<{ client: Client; asked: string[]; said: () => string }> {
  const client = new Client({ name: 'Night Reader', version: '9' });
  const asked: string[] = [];
  client.fallbackRequestHandler = (request) => {
    asked.push(request.method);
    return Promise.resolve({});
  };
  client.fallbackNotificationHandler = (notification) => {
    asked.push(notification.method);
    return Promise.resolve();
  };
  const args = [join(inject('dist'), 'cli.cjs'), 'mcp', ...words];
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: 'pipe' });
  let stderr = '';
  transport.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, asked, said: () => stderr };
}

const call = async (client: Client, name: string, input: Record<string, unknown> = {}): Promise<Told> =>
  (await client.callTool({ name, arguments: input })) as Told;

const documentOf = ({ isError, content }: Told): unknown => {
  expect(isError, content[0].text).toBeUndefined();
  expect(content[0].text).toBe(caution);
  return JSON.parse(content[1].text);
};

describe('rollout-lab mcp', () => {
  it('lists the tools and answers the SDK’s client', async () => {
    const db = join(temporaryFolder(), 'rollouts.db');
    const store = openStore(db);
    const prompt = makePrompt();
    const rollouts = makeGroup(prompt, [0, 0]);
    store.addRollouts([prompt], rollouts);
    const { client } = await connected('--db', db);
    expect(client.getServerVersion()).toMatchObject({ name: 'rollout-lab', title: 'Rollout Lab' });
    const listed = await client.listTools();
    expect(listed.tools.map(({ name, description }) => ({ name, description }))).toEqual(
      tools.map(({ name, description }) => ({ name, description })),
    );
    expect(listed.tools.map(({ annotations }) => annotations?.readOnlyHint)).toEqual(
      tools.map(({ suggests }) => !suggests),
    );
    expect(documentOf(await call(client, 'find_rollouts', { query: 'vanishing:yes' }))).toMatchObject({ found: 2 });
    expect(documentOf(await call(client, 'explain_group', { rollout: rollouts[0].id }))).toMatchObject({
      vanishing: true,
    });
    const suggestion = { rollout: rollouts[0].id, starts: ['Then', 'So'], confidence: 0.9 };
    expect(documentOf(await call(client, 'suggest_phases', suggestion))).toMatchObject({ boundaries: [14, 27] });
    expect(store.suggestions.of(rollouts[0].id)).toMatchObject([
      { source: 'agent:night-reader', model: 'Night Reader 9' },
    ]);

    const refused = await call(client, 'find_rollouts', { query: 'reward:x' });
    expect(refused.isError).toBe(true);
    expect(refused.content[0].text).toMatch(/^query, characters 1 to 8: reward:x asks for no number/u);
    expect(await call(client, 'set_label')).toMatchObject({ isError: true });
    // Many at once are answered one after another.
    const many = await Promise.all(Array.from({ length: 4 }, () => call(client, 'list_runs')));
    expect(many.map(documentOf)).toEqual(Array(4).fill({ next: null, runs: [] }));
  });

  it('takes texts that give orders as data: nothing happens', async () => {
    const folder = temporaryFolder();
    const db = join(folder, 'rollouts.db');
    const [{ id }] = poisonedStore(db);
    const [before, files] = [rowsOf(db), readdirSync(folder)];
    const { client, asked, said } = await connected('--db', db);
    const offered = (await client.listTools()).tools.map(({ name }) => name);
    for (const [tool, input] of [
      ['find_rollouts', { query: `"${injected}"` }],
      ['read_rollout', { rollout: id }],
      ['explain_group', { rollout: id }],
      ['compare_policies', { first: 'first', second: 'second', rule: 'recorded' }],
      ['list_evaluations', {}],
      ['list_runs', {}],
      ['read_run', { run: injected }],
    ] as const) {
      const answer = documentOf(await call(client, tool, input));
      expect(JSON.stringify(answer), tool).toContain(injected);
      expect(unmarked(answer, injected), tool).toEqual([]);
    }
    expect(asked).toEqual([]);
    expect(said()).toBe('');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(offered);
    await client.close();
    expect(rowsOf(db)).toEqual(before);
    expect(readdirSync(folder).filter((name) => !/-(?:wal|shm)$/u.test(name))).toEqual(files);
  });

  it('hides the labels of others from who has not labelled, where it is told to', async () => {
    const db = join(temporaryFolder(), 'rollouts.db');
    const store = openStore(db);
    const prompt = makePrompt();
    const [rollout] = makeGroup(prompt, [1]);
    store.addRollouts([prompt], [rollout]);
    store.labels.set({ rolloutId: rollout.id, annotator: 'ana', boundaries: [13, 26] });
    const labels = async (...words: string[]): Promise<unknown> => {
      const { client } = await connected('--db', db, ...words);
      return (documentOf(await call(client, 'read_rollout', { rollout: rollout.id })) as { labels: unknown[] }).labels;
    };
    expect(await labels()).toHaveLength(1);
    expect(await labels('--blind-for', 'ben')).toEqual([]);
    expect(await labels('--blind-for', 'ana')).toHaveLength(1);
  });

  it('serves no store that is not there', async () => {
    const db = join(temporaryFolder(), 'none.db');
    await expect(connected('--db', db)).rejects.toThrow();
    expect(readdirSync(join(db, '..'))).toEqual([]);
  });
});

describe('an answer', () => {
  const answers = (limit?: number): Answers => new Answers(join(inject('dist'), 'agent-worker.cjs'), limit);
  const question = { tool: 'list_runs', input: {}, asker };

  it('comes within its time or not at all, and the next one comes all the same', async () => {
    const db = join(temporaryFolder(), 'rollouts.db');
    openStore(db);
    const never = new AbortController().signal;
    await expect(answers(0).of(db, question, never)).rejects.toThrow('there was no answer within 0 seconds');
    const patient = answers();
    const gone = new AbortController();
    const cancelled = patient.of(db, question, gone.signal);
    gone.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(JSON.parse(await patient.of(db, question, never))).toEqual({ next: null, runs: [] });
  });

  it('makes no store', async () => {
    const folder = temporaryFolder();
    const asked = answers().of(join(folder, 'rollouts.db'), question, new AbortController().signal);
    await expect(asked).rejects.toThrow('there is no store yet: import rollouts first');
    expect(readdirSync(folder)).toEqual([]);
  });
});
