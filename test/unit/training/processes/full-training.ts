// The training process on a disk that is full from its third iteration on. FULL_DISK says for what: 'some' writes of the store, 'all' of them, or
// a 'checkpoint', whose files then may have no more than 40 kB.
import { execFileSync } from 'node:child_process';
import { Connection } from '../../../../src/store/connection.ts';
import { Runs } from '../../../../src/store/runs.ts';
import { Policy } from '../../../../src/training/policy/policy.ts';

const full = process.env.FULL_DISK;
let connection: Connection;
const open = Connection.open.bind(Connection);
Connection.open = (file) => (connection = open(file));

const runs = Runs.prototype as { addIteration: Runs['addIteration'] };
const { addIteration } = runs;
runs.addIteration = function (this: Runs, id, metric, rollouts) {
  if (metric.iteration === 3 && full !== 'checkpoint') {
    connection.database.pragma('max_page_count = 1');
    // The row of the run still fits into the pages that there are.
    if (full === 'all') connection.database.pragma('query_only = ON');
  }
  addIteration.call(this, id, metric, rollouts);
};

const policies = Policy.prototype as { save: Policy['save'] };
const { save } = policies;
policies.save = async function (this: Policy, folder) {
  const limit = (bytes: string): Buffer =>
    execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
  if (full === 'checkpoint') limit('40000');
  try {
    await save.call(this, folder);
  } finally {
    if (full === 'checkpoint') limit('unlimited');
  }
};

void import('../../../../src/training/main.ts');
