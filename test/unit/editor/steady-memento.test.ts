import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SteadyMemento } from '../../../src/editor/steady-memento.ts';

/** As the editor has it: writes what it holds by then, and takes for newest what it hears of its own write. */
class Memento {
  readonly written: unknown[] = [];
  #value: Record<string, unknown> = {};

  get(key: string): unknown {
    return this.#value[key];
  }

  async update(key: string, value: unknown): Promise<void> {
    this.#value[key] = value;
    await setImmediate();
    const heard = { ...this.#value };
    this.written.push(heard[key]);
    await setImmediate();
    this.#value = heard;
  }
}

it('keeps the last of what is written one right after the other, and says it at once', async () => {
  const memento = new Memento();
  const steady = new SteadyMemento(memento);
  const first = steady.update('rendered', false);
  await setImmediate();
  const others = [true, false, true].map((value) => steady.update('rendered', value));
  expect(steady.get('rendered')).toBe(true);
  await Promise.all([first, ...others]);
  expect([steady.get('rendered'), memento.get('rendered'), memento.written]).toEqual([true, true, [false, true]]);
  expect(steady.get('other')).toBeUndefined();
});

it('tells what cannot be written, and writes the next', async () => {
  const memento = new Memento();
  const steady = new SteadyMemento({
    get: (key: string) => memento.get(key),
    update: (key, value) => (value === 'bad' ? Promise.reject(new Error('full')) : memento.update(key, value)),
  });
  await expect(steady.update('rendered', 'bad')).rejects.toThrow('full');
  expect(steady.get('rendered')).toBeUndefined();
  await steady.update('rendered', 'good');
  expect(memento.get('rendered')).toBe('good');
});
