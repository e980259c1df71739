/** Labels a rollout again and again until it is killed, and prints each label once the store has acknowledged it. */
import { writeSync } from 'node:fs';
import { Store } from '../../../../src/store/store.ts';

const [file, rolloutId, annotator] = process.argv.slice(2);
const store = Store.open(file);
for (let i = 0; ; i += 1) {
  const boundaries = [i % 10, 10 + (i % 20)];
  store.labels.set({ rolloutId, annotator, boundaries });
  writeSync(1, `${JSON.stringify(boundaries)}\n`);
}
