/** Opens a store, perhaps a new one, at the same time as others do, and adds `count` groups of its own and one that all share. */
import { Store } from '../../../../src/store/store.ts';
import { makeGroup, makePrompt } from '../rows.ts';

const [file, name, count] = process.argv.slice(2);
const store = Store.open(file);
const shared = makePrompt({ question: 'Shared?' });
for (let i = 0; i < Number(count); i += 1) {
  const own = makePrompt({ question: `${name} ${i}?` });
  store.addRollouts([own, shared], [...makeGroup(own, [1, 0]), ...makeGroup(shared, [1, 1], { name: `step ${i}` })]);
}
store.close();
