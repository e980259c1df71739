// The training process, saying on its output what it does: where a kill fell is what it said last.
import { writeSync } from 'node:fs';
import { Store } from '../../../../src/store/store.ts';
import { Generator } from '../../../../src/training/policy/generator.ts';
import { Learner } from '../../../../src/training/policy/learner.ts';
import { Policy } from '../../../../src/training/policy/policy.ts';

const say = (phase: string): void => void writeSync(1, `${phase}\n`);

/** Says when a method is called, and when it is done. */
function trace(owner: object, method: string, called: string | null, done: string | null): void {
  const methods = owner as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[method];
  methods[method] = function (this: unknown, ...args: unknown[]) {
    if (called !== null) say(called);
    const result = original.apply(this, args);
    const tell = (): void => {
      if (done !== null) say(done);
    };
    void Promise.resolve(result).then(tell, tell);
    return result;
  };
}

trace(Generator.prototype, 'generate', 'generation', 'between');
trace(Learner.prototype, 'reinforce', 'gradient', 'between');
// A checkpoint is being written from its weights until the store knows of it.
trace(Policy.prototype, 'save', 'checkpoint', null);
trace(Store.prototype, 'addCheckpoint', null, 'between');

say('start');
void import('../../../../src/training/main.ts');
