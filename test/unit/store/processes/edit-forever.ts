/** Does all that people do to a rollout again and again until it is killed, and prints each edit once the store has acknowledged it. */
import { writeSync } from 'node:fs';
import { Store } from '../../../../src/store/store.ts';

const [file, rolloutId, annotator] = process.argv.slice(2);
const store = Store.open(file);
const told = (said: unknown): void => void writeSync(1, `${JSON.stringify(said)}\n`);
for (let i = 0; ; i += 1) {
  const { savedAt } = store.labels.set({ rolloutId, annotator, boundaries: [i % 10, 10 + (i % 20)] });
  told({ kind: 'label', at: savedAt, boundaries: [i % 10, 10 + (i % 20)] });
  told({ kind: 'comment', id: store.comments.add(rolloutId, annotator, { body: `${i}`, text: null, video: null }) });
  store.statuses.set(rolloutId, annotator, 'skipped', `${annotator} ${i}`);
  told({ kind: 'status', reason: `${annotator} ${i}` });
}
