/** Copies a store to a path. */
import { Store } from '../../../../src/store/store.ts';

const [file, copy] = process.argv.slice(2);
const store = Store.open(file);
try {
  store.backup(copy);
} finally {
  store.close();
}
