/**
 * fast-check with one seed for every run of the tests: what fails once fails always, and is found by whoever changed it. `npm run fuzz` and
 * `npm run soak` go on for longer, from another seed.
 */
import fc from 'fast-check';
import { Random } from '../../src/domain/random.ts';

const { TEST_SEED = '20250804', TEST_TIMES = '1' } = process.env;

fc.configureGlobal({ seed: Number(TEST_SEED) });

/** How often something is tried, where it is tried `short` times in `npm test`. */
export const times = (short: number): number => short * Number(TEST_TIMES);

/** Chance from the same seed, for what is no property. */
export const random = Random.seeded(Number(TEST_SEED), 'tests');

export default fc;
