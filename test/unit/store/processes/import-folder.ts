/** Imports a folder into a store, and prints a line at each transaction. */
import { writeSync } from 'node:fs';
import { importFiles } from '../../../../src/formats/import.ts';
import { Store } from '../../../../src/store/store.ts';

const [file, folder] = process.argv.slice(2);
const store = Store.open(file);
const { rejected } = await importFiles(store, [folder], { onProgress: () => void writeSync(1, '.\n') });
for (const { reason } of rejected) process.stderr.write(`${reason}\n`);
store.close();
