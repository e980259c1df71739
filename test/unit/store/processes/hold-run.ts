/** Takes a run, says so, and lives on without doing anything. */
import { writeSync } from 'node:fs';
import { Store } from '../../../../src/store/store.ts';

const [file, runId] = process.argv.slice(2);
Store.open(file).runs.claim(runId);
writeSync(1, 'has it\n');
setInterval(() => undefined, 60_000);
