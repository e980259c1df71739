/** Takes a run, says so, and lives on without doing anything. */
import { writeSync } from 'node:fs';
import { Store } from '../../../../src/store/store.ts';

const [file, runId] = process.argv.slice(2);
const store = Store.open(file);
store.runs.claim(runId);
writeSync(1, 'has it\n');
// A store that nobody could use any more is collected, and its lock with it.
setInterval(() => store.file, 60_000);
