import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { answer, Caller, parseFromWebview, type FromHost, type Handlers } from '../../../src/protocol/message.ts';

const protocol = {
  requests: {
    halve: { params: v.object({ value: v.number() }), result: v.number() },
    lie: { params: v.null(), result: v.number() },
  },
  events: { told: v.object({ text: v.string() }) },
};

/** A host and a webview joined by structured clones, as the editor's port does it. */
function join(handlers: Handlers<typeof protocol>): Caller<typeof protocol> {
  const caller: Caller<typeof protocol> = new Caller(protocol, (sent) => {
    const message = parseFromWebview(structuredClone(sent));
    if (message.kind === 'request') {
      void answer(protocol, handlers, message).then((reply) => caller.receive(structuredClone(reply)));
    }
  });
  return caller;
}

const handlers: Handlers<typeof protocol> = {
  halve: ({ value }) => {
    if (value % 2 === 1) throw new RangeError(`${value} is odd`);
    return value / 2;
  },
  lie: () => 'not a number' as unknown as number,
};

describe('requests', () => {
  it('are answered, each with its own result, in any order', async () => {
    const caller = join({ ...handlers, halve: async ({ value }) => value / 2 });
    expect(await Promise.all([8, 2, 6].map((value) => caller.request('halve', { value })))).toEqual([4, 1, 3]);
  });

  it('come back with the error of a handler that throws', async () => {
    await expect(join(handlers).request('halve', { value: 3 })).rejects.toThrow('3 is odd');
  });

  it('are refused by the host when their parameters are wrong, naming the field', async () => {
    const wrong = { value: 'eight' } as unknown as { value: number };
    await expect(join(handlers).request('halve', wrong)).rejects.toThrow('request “halve” is not valid at value');
  });

  it('are refused by the webview when the result is wrong', async () => {
    await expect(join(handlers).request('lie', null)).rejects.toThrow('result of “lie” is not valid');
  });

  it('of a name the protocol has not are answered with an error', async () => {
    for (const name of ['nothing', 'constructor']) {
      const reply = await answer(protocol, handlers, { kind: 'request', id: 1, name, params: null });
      expect(reply).toEqual({ kind: 'error', id: 1, message: `this panel has no request “${name}”` });
    }
  });
});

describe('events', () => {
  it('reach their listeners until they leave', () => {
    const caller = new Caller(protocol, () => {});
    const heard: string[] = [];
    const leave = caller.on('told', ({ text }) => heard.push(text));
    const event: FromHost = { kind: 'event', name: 'told', body: { text: 'one' } };
    caller.receive(event);
    leave();
    caller.receive(event);
    expect(heard).toEqual(['one']);
  });

  it('are refused when wrong or unknown', () => {
    const caller = new Caller(protocol, () => {});
    expect(() => caller.receive({ kind: 'event', name: 'told', body: {} })).toThrow(
      'event “told” is not valid at text',
    );
    expect(() => caller.receive({ kind: 'event', name: 'sung', body: {} })).toThrow('unknown event “sung”');
  });
});

it('a message that is none of ours is refused', () => {
  for (const data of [null, 'ready', { kind: 'run', command: 'x' }, { kind: 'ready', more: 1 }]) {
    expect(() => parseFromWebview(data)).toThrow('message from the webview is not valid');
  }
});
