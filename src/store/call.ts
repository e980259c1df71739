/** A call of the store as it crosses threads. */
import type { Store } from './store.ts';

/** `path` is a method's name, after its part's where it is of one: 'labels', 'set'. */
export interface StoreCall {
  path: readonly string[];
  args: readonly unknown[];
}

/** Does a call. Throws when its path names no method of the store or of one of its parts. */
export function answerCall(store: Store, { path, args }: StoreCall): unknown {
  const name = path.at(-1) ?? '';
  const target = path.slice(0, -1).reduce<object | undefined>(partOf, store);
  // Methods are a class's own, so nothing that every object has is one.
  const method: unknown = target && Object.getOwnPropertyDescriptor(Object.getPrototypeOf(target), name)?.value;
  if (typeof method !== 'function' || name === 'constructor')
    throw new Error(`the store has no method ${path.join('.')}`);
  return Reflect.apply(method, target, args);
}

function partOf(target: object | undefined, name: string): object | undefined {
  const part: unknown = target && Object.getOwnPropertyDescriptor(target, name)?.value;
  return typeof part === 'object' && part !== null ? part : undefined;
}
