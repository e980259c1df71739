/** Opens a store once it is told to, so that several do it at the same time, and says what it found. */
import { once } from 'node:events';
import { Store } from '../../../../src/store/store.ts';

process.stdout.write('ready\n');
await once(process.stdin, 'data');
const store = Store.open(process.argv[2]);
process.stdout.write(`${store.prompts.page().rows.length}\n`);
store.close();
process.stdin.destroy();
