import { describe, expect, it } from 'vitest';
import type { Viewer } from '../../../src/domain/review.ts';
import { ReviewQueue, type QueueParts } from '../../../src/editor/review-queue.ts';
import { readHistory, readOtherLabels, readReview } from '../../../src/editor/review-snapshot.ts';
import type { Store } from '../../../src/store/store.ts';
import { clientOf, makeGroup, makePrompt, openStore } from '../store/fixture.ts';

const [right, near] = [
  [13, 26],
  [16, 26],
];
const me: Viewer = { annotator: 'me', blindFirstPass: false };

function storeWith(count: number): { store: Store; ids: string[] } {
  const store = openStore();
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, Array<number>(count).fill(1));
  store.addRollouts([prompt], rollouts);
  return { store, ids: rollouts.map(({ id }) => id) };
}

const label = (store: Store, rolloutId: string, annotator: string, boundaries: number[]): unknown =>
  store.labels.set({ rolloutId, annotator, boundaries });

/** Everything that a gold annotator can do to a rollout. */
function makeGold(store: Store, rolloutId: string): void {
  label(store, rolloutId, 'gold:lead', right);
  store.statuses.set(rolloutId, 'gold:lead', 'submitted');
  store.statuses.flag(rolloutId, 'gold:lead', true);
  store.tags.set([rolloutId], 'gold:lead', 'known', true);
  store.comments.add(rolloutId, 'gold:lead', { body: 'Known.', text: null, video: null });
  store.corrections.set(rolloutId, 'gold:lead', 'Another text.');
}

describe('a gold label', () => {
  it('is in nothing that others see, whether their first pass is blind or not', async () => {
    const { store, ids } = storeWith(2);
    makeGold(store, ids[0]);
    const client = clientOf(store);
    for (const viewer of [me, { ...me, blindFirstPass: true }, { ...me, goldFeedback: true }]) {
      const [gold, plain] = await Promise.all(ids.map((id) => readReview(client, id, viewer, 'token')));
      expect({ ...gold!.review, rollout: plain!.review.rollout }).toEqual(plain!.review);
      expect(await readHistory(client, ids[0], 9, viewer)).toEqual({ done: [], more: false });
      if (!viewer.blindFirstPass) expect(await readOtherLabels(client, ids[0], viewer)).toEqual([]);
    }
  });

  it('is not counted where rollouts are found, filtered and sorted', () => {
    const { store, ids } = storeWith(2);
    makeGold(store, ids[0]);
    const of = (text: string): string[] => store.rollouts.page({ where: text }).rows.map(({ id }) => id);
    expect(of('labelled:yes')).toEqual([]);
    expect(of('labelled:no')).toEqual(ids);
    expect(of('status:submitted')).toEqual([]);
    expect(of('flagged:yes')).toEqual([]);
    expect(store.prompts.kept('labelled')).toMatchObject({ kept: 0 });
    expect(store.prompts.kept('submitted')).toMatchObject({ kept: 0 });
    expect(store.prompts.kept('flagged')).toMatchObject({ kept: 0 });
  });

  it('is none of the annotators that are compared, and shows how each does on what they submitted', () => {
    const { store, ids } = storeWith(3);
    makeGold(store, ids[0]);
    makeGold(store, ids[1]);
    label(store, ids[0], 'ana', near);
    expect(store.agreement.get()).toMatchObject({ annotators: [], people: { rollouts: 0 } });
    expect(store.agreement.disagreements({ scope: null, metric: 'kappa', limit: 9 })).toEqual([]);
    expect(store.progress.get().map(({ annotator }) => annotator)).toEqual(['ana']);
    // What may still change measures nobody.
    expect(store.gold.agreement()).toEqual([]);
    store.statuses.set(ids[0], 'ana', 'submitted');
    label(store, ids[1], 'ana', right);
    store.statuses.set(ids[1], 'ana', 'submitted');
    label(store, ids[0], 'lead', right);
    store.statuses.set(ids[0], 'lead', 'submitted');
    const [ana, ...others] = store.gold.agreement();
    // What somebody wrote as gold does not measure themselves.
    expect(others).toEqual([]);
    expect(ana.labels.rollouts).toBe(2);
    expect(ana.labels.figures.boundarySimilarity.value).toBe((0.75 + 1) / 2);
    expect(store.gold.agreement(ids[1])[0].labels).toMatchObject({ rollouts: 1 });
    expect(store.gold.agreement(ids[2])).toEqual([]);
  });

  it('is shown after the submission to who is told then', async () => {
    const { store, ids } = storeWith(1);
    makeGold(store, ids[0]);
    const client = clientOf(store);
    const told = { ...me, goldFeedback: true };
    const names = async (viewer: Viewer): Promise<string[]> =>
      ((await readOtherLabels(client, ids[0], viewer)) as { annotator: string }[]).map(({ annotator }) => annotator);
    label(store, ids[0], 'me', near);
    expect(await names(told)).toEqual([]);
    store.statuses.set(ids[0], 'me', 'submitted');
    expect(await names(told)).toEqual(['gold:lead']);
    expect(await names(me)).toEqual([]);
    expect(await names({ ...me, annotator: 'gold:ben' })).toEqual(['me']);
  });
});

describe('the queue of the unlabelled', () => {
  const queueOf = (store: Store): ReviewQueue =>
    new ReviewQueue({ stores: { client: clientOf(store) } as unknown as QueueParts['stores'], order: null! });

  /** Goes through the queue, submitting each; at most so many. */
  async function through(store: Store, share: number, annotator = 'me'): Promise<string[]> {
    const queue = queueOf(store);
    const shown: string[] = [];
    for (let next = await queue.next('unlabelled', annotator, null, share); next !== null;) {
      shown.push(next);
      label(store, next, annotator, right);
      store.statuses.set(next, annotator, 'submitted');
      queue.leave(next);
      next = await queue.next('unlabelled', annotator, next, share);
    }
    return shown;
  }

  it('has gold items in their share, and all others in their order', async () => {
    const { store, ids } = storeWith(200);
    const gold = ids.slice(0, 40);
    for (const id of gold) label(store, id, 'gold:lead', right);
    const shown = await through(store, 0.2);
    expect(shown.toSorted()).toEqual(ids.toSorted());
    const others = shown.filter((id) => !gold.includes(id));
    expect(others).toEqual(ids.slice(40));
    const mixed = shown.slice(0, 100).filter((id) => gold.includes(id)).length;
    expect(mixed).toBeGreaterThan(10);
    expect(mixed).toBeLessThan(32);
  });

  it('is as it was without a share, and gives nobody their own gold', async () => {
    const { store, ids } = storeWith(6);
    for (const id of ids.slice(3)) label(store, id, 'gold:me', right);
    expect(store.gold.queue('me').open).toEqual([]);
    expect(store.gold.queue('ana').open).toEqual(ids.slice(3));
    expect(await through(store, 0, 'ana')).toEqual(ids);
    expect(await through(store, 0.5)).toEqual(ids);
  });

  it('passes over what is skipped', () => {
    const { store, ids } = storeWith(2);
    for (const id of ids) label(store, id, 'gold:lead', right);
    store.statuses.set(ids[0], 'me', 'skipped', 'too dark');
    expect(store.gold.queue('me')).toEqual({ open: [ids[1]], turn: 1 });
  });
});
