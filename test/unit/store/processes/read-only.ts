/** Reads and tries to write a store that may not be written to, and prints what came of it as JSON. */
import { join } from 'node:path';
import { defaultPhases } from '../../../../src/domain/phase.ts';
import { presetConfig } from '../../../../src/domain/preset.ts';
import { Store } from '../../../../src/store/store.ts';
import { makeGroup, makePrompt } from '../rows.ts';

const [file, rolloutId, out] = process.argv.slice(2);
const store = Store.open(file);
const refused = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};
const prompt = makePrompt({ question: 'New?' });
const run = store.runs.all()[0];
const result = {
  readOnly: store.readOnlyText(),
  trouble: store.lookOver(),
  file: store.file,
  label: store.labels.get(rolloutId, 'ann').boundaries,
  comments: store.comments.of(rolloutId).length,
  found: store.search('look').length,
  runs: [run.status],
  refused: {
    label: refused(() => store.labels.set({ rolloutId, annotator: 'ann', boundaries: [1, 2] })),
    undo: refused(() => store.labels.undo(rolloutId, 'ann')),
    comment: refused(() => store.comments.add(rolloutId, 'ann', { body: 'More.', text: null, video: null })),
    review: refused(() => store.reviews.add(rolloutId, 'ann', 'bo', 'accepted')),
    status: refused(() => store.statuses.set(rolloutId, 'ann', 'submitted')),
    judgement: refused(() =>
      store.judgements.set(rolloutId, 'ann', { start: 0, end: 1, verdict: 'correct', error: null }),
    ),
    preference: refused(() => store.preferences.set(rolloutId, 'ann', { other: 'r2', verdict: 'tie' })),
    draft: refused(() => store.corrections.draft(rolloutId, 'ann', 'Bett')),
    correction: refused(() => store.corrections.set(rolloutId, 'ann', 'Better.')),
    'error types': refused(() => store.errorTypes.set([])),
    phases: refused(() => store.setPhases(defaultPhases.map((phase) => ({ ...phase, weight: 1 })))),
    import: refused(() => store.addRollouts([prompt], makeGroup(prompt, [0]))),
    'new run': refused(() => store.runs.create('late', presetConfig('avatar', 'policy', 1))),
    'go on': refused(() => store.runs.claim(run.id)),
  },
};
const copy = join(out, 'copy.db');
store.backup(copy);
store.close();
const copied = Store.open(copy);
copied.labels.set({ rolloutId, annotator: 'ann', boundaries: [1, 2] });
copied.close();
console.log(JSON.stringify(result));
