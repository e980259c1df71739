/** fast-check with one seed for every run of the tests: what fails once fails always, and is found by whoever changed it. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20250804 });

export default fc;
