/** The rows of the tree of rollouts below its datasets and runs: a page at a time, and the one that Review shows wherever that is. */
import { seenMarks, type Viewer } from '../domain/review.ts';
import type { StoreClient } from '../store/client.ts';
import type { Filter, Page, PageQuery, PromptQuery, PromptSummary, RolloutSummary } from '../store/store.ts';
import type { RolloutNode, RootRow, Row } from './rollout-node.ts';

/** Rows fetched at a time. */
const pageSize = 100;

/** What rows are read of, and for whom. */
export interface Reading {
  client: StoreClient;
  filter: Filter | undefined;
  viewer: Viewer;
}

/** A row that stands after “Load more…” where the pages that are shown do not have it; null where there is none any more. */
interface Further {
  id: string;
  read(): Promise<RolloutNode | null>;
}

export class RolloutRows {
  /** Rows to show of a row, where more than one page was asked for. */
  readonly #shown = new Map<string, number>();
  /** What was last read below each row. */
  readonly #below = new Map<string, ReadonlySet<string>>();
  /** That of the rollout that Review shows. */
  #reviewed: Row<'rollout'> | null = null;

  /** Shows one more page below the row of a “Load more…”. */
  loadMore(parent: RolloutNode): void {
    this.#shown.set(parent.id, (this.#shown.get(parent.id) ?? pageSize) + pageSize);
  }

  async below(node: RolloutNode, reading: Reading): Promise<RolloutNode[]> {
    const rows = await this.#read(node, reading);
    this.#below.set(node.id, new Set(rows.map(({ id }) => id)));
    return rows;
  }

  /** Has this row, with all above it, among those that are read. True where what was read above does not have it: that must be read again. */
  show(reviewed: Row<'rollout'>): boolean {
    this.#reviewed = reviewed;
    const path = [reviewed, reviewed.parent, reviewed.parent.parent];
    return path.some(({ id, parent }) => this.#below.get(parent.id)?.has(id) === false);
  }

  async #read(node: RolloutNode, reading: Reading): Promise<RolloutNode[]> {
    const { client, viewer } = reading;
    const group = this.#reviewed?.parent;
    const prompt = group?.parent;
    switch (node.kind) {
      case 'dataset':
      case 'run':
        return this.#pages(
          node,
          (page) => client.prompts.page({ ...promptsOf(node, reading), ...page }),
          (row) => promptRow(node, row),
          prompt?.parent.id === node.id
            ? { id: prompt.id, read: () => promptOf(node, prompt.prompt.id, reading) }
            : null,
        );
      case 'prompt':
        return groupsOf(node, client);
      case 'group': {
        const reviewed = this.#reviewed;
        return this.#pages(
          node,
          (page) => client.rollouts.page({ groupId: node.group.id, ...page }),
          (row, i) => rolloutRow(node, row, i + 1, viewer),
          reviewed && group?.id === node.id
            ? { id: reviewed.id, read: () => rolloutOf(node, reviewed.rollout.id, reading) }
            : null,
        );
      }
      case 'folder':
      case 'rollout':
      case 'more':
      case 'note':
      case 'cure':
        return [];
    }
  }

  /** Reads as many rows of `parent` as are shown, page after page by key. */
  async #pages<One>(
    parent: RolloutNode,
    read: (page: PageQuery) => Promise<Page<One>>,
    rowOf: (one: One, i: number) => RolloutNode,
    further: Further | null,
  ): Promise<RolloutNode[]> {
    const wanted = this.#shown.get(parent.id) ?? pageSize;
    const found: One[] = [];
    let after: string | null = null;
    do {
      const page: Page<One> = await read({ limit: pageSize, after });
      found.push(...page.rows);
      after = page.next;
    } while (after !== null && found.length < wanted);
    const rows = found.map(rowOf);
    if (after === null) return rows;
    const more: RolloutNode = { kind: 'more', id: `${parent.id} more`, parent };
    const one = further && !rows.some(({ id }) => id === further.id) ? await further.read() : null;
    return [...rows, more, ...(one ? [one] : [])];
  }
}

/**
 * A rollout's row, with all above it up to one of these roots: its run where `inRun` is that, else its dataset. Null where the filter leaves
 * it out, or there is none.
 */
export async function rowOf(
  rolloutId: string,
  roots: readonly RolloutNode[],
  inRun: string | null,
  reading: Reading,
): Promise<Row<'rollout'> | null> {
  const { client } = reading;
  const [rollout] = (await client.rollouts.page({ ids: [rolloutId], limit: 1 })).rows;
  if (!rollout) return null;
  const dataset = (await client.prompts.get(rollout.promptId))?.dataset;
  const isRoot = (row: RolloutNode): row is RootRow =>
    inRun !== null && inRun === rollout.runId
      ? row.kind === 'run' && row.runId === inRun
      : row.kind === 'dataset' && row.dataset === dataset;
  const root = roots.find(isRoot);
  const prompt = root && (await promptOf(root, rollout.promptId, reading));
  const group = prompt && (await groupsOf(prompt, client)).find((one) => one.group.id === rollout.groupId);
  return group ? rolloutOf(group, rolloutId, reading) : null;
}

const promptsOf = (root: RootRow, { filter }: Reading): PromptQuery => ({
  ...(root.kind === 'run' ? { runId: root.runId } : { dataset: root.dataset }),
  filter,
});

const promptRow = (parent: RootRow, prompt: PromptSummary): Row<'prompt'> => ({
  ...{ kind: 'prompt', id: `${parent.id} ${prompt.id}`, parent, prompt },
  runId: parent.kind === 'run' ? parent.runId : null,
});

/** One prompt; null where the filter leaves it out. */
async function promptOf(root: RootRow, id: string, reading: Reading): Promise<Row<'prompt'> | null> {
  const { rows } = await reading.client.prompts.page({ ...promptsOf(root, reading), ids: [id], limit: 1 });
  return rows.length > 0 ? promptRow(root, rows[0]) : null;
}

async function groupsOf(parent: Row<'prompt'>, client: StoreClient): Promise<Row<'group'>[]> {
  const { prompt, runId } = parent;
  const folder = parent.parent.parent;
  const at = `${folder ? `${folder.id} ` : ''}${runId ?? ''}`;
  const [groups, runs] = await Promise.all([client.rollouts.groups(prompt.id), client.runs.all()]);
  const names = new Map(runs.map(({ id, name }) => [id, name]));
  return groups
    .filter((group) => runId === null || group.runId === runId)
    .map((group) => ({
      ...{ kind: 'group', id: `${at} ${group.id}`, parent, group },
      runName: group.runId === null ? null : (names.get(group.runId) ?? null),
    }));
}

const rolloutRow = (parent: Row<'group'>, rollout: RolloutSummary, place: number, viewer: Viewer): Row<'rollout'> => ({
  ...{ kind: 'rollout', id: `${parent.id} ${rollout.id}`, parent, place },
  rollout: { ...rollout, ...seenMarks(rollout, viewer) },
});

/** One rollout of a group; null where it is of none, or of another. */
async function rolloutOf(group: Row<'group'>, id: string, { client, viewer }: Reading): Promise<Row<'rollout'> | null> {
  const { rows } = await client.rollouts.page({ groupId: group.group.id, ids: [id], limit: 1 });
  return rows.length > 0 ? rolloutRow(group, rows[0], await client.rollouts.place(id), viewer) : null;
}
