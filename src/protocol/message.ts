/**
 * How a webview and its host talk. The webview asks (requests, each answered by its result or its error); the host tells
 * (events). Everything is validated where it arrives. Knows neither the DOM nor vscode, so that both ends run in a test.
 */
import * as v from 'valibot';
import { errorText } from '../domain/error-text.ts';

/** A panel's vocabulary: what its webview may ask and what its host tells. One constant of this shape a panel. */
export interface Protocol {
  requests: Record<string, { params: v.GenericSchema; result: v.GenericSchema }>;
  events: Record<string, v.GenericSchema>;
}

export type RequestName<P extends Protocol> = keyof P['requests'] & string;
export type Params<P extends Protocol, Name extends RequestName<P>> = v.InferOutput<P['requests'][Name]['params']>;
export type Result<P extends Protocol, Name extends RequestName<P>> = v.InferOutput<P['requests'][Name]['result']>;
export type EventName<P extends Protocol> = keyof P['events'] & string;
export type EventBody<P extends Protocol, Name extends EventName<P>> = v.InferOutput<P['events'][Name]>;

/** The host's side of every request. A throw becomes the request's error in the webview. */
export type Handlers<P extends Protocol> = {
  [Name in RequestName<P>]: (params: Params<P, Name>) => Promise<Result<P, Name>> | Result<P, Name>;
};

const fromWebview = v.variant('kind', [
  /** The page runs and listens: send what it must know. */
  v.strictObject({ kind: v.literal('ready') }),
  v.strictObject({ kind: v.literal('request'), id: v.number(), name: v.string(), params: v.unknown() }),
  /** An error nobody caught in the page, for the host's log. */
  v.strictObject({ kind: v.literal('fault'), message: v.string() }),
]);
export type FromWebview = v.InferOutput<typeof fromWebview>;

const fromHost = v.variant('kind', [
  v.strictObject({ kind: v.literal('result'), id: v.number(), result: v.unknown() }),
  v.strictObject({ kind: v.literal('error'), id: v.number(), message: v.string() }),
  v.strictObject({ kind: v.literal('event'), name: v.string(), body: v.unknown() }),
]);
export type FromHost = v.InferOutput<typeof fromHost>;

/** Ends a switch over a union: the compiler refuses a case that was forgotten. */
export function assertNever(value: never): never {
  throw new TypeError(`not expected: ${JSON.stringify(value)}`);
}

/** A message from a webview, or throws with what is wrong with it. */
export function parseFromWebview(data: unknown): FromWebview {
  return parse(fromWebview, data, 'message from the webview');
}

/** Answers one request: validates its parameters, runs its handler, and returns the reply to send. Never rejects. */
export async function answer<P extends Protocol>(
  protocol: P,
  handlers: Handlers<P>,
  request: Extract<FromWebview, { kind: 'request' }>,
): Promise<FromHost> {
  const { id, name } = request;
  try {
    if (!Object.hasOwn(protocol.requests, name)) throw new Error(`this panel has no request “${name}”`);
    const known: RequestName<P> = name;
    const params = parse(protocol.requests[known].params, request.params, `request “${name}”`);
    return { kind: 'result', id, result: await handlers[known](params) };
  } catch (error) {
    return { kind: 'error', id, message: errorText(error) };
  }
}

/** The webview's end: sends requests and hears events. `post` carries a message to the host. */
export class Caller<P extends Protocol> {
  readonly #protocol: P;
  readonly #post: (message: FromWebview) => void;
  readonly #waiting = new Map<
    number,
    { name: RequestName<P>; resolve: (value: never) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Map<string, Set<(body: never) => void>>();
  #lastId = 0;

  constructor(protocol: P, post: (message: FromWebview) => void) {
    this.#protocol = protocol;
    this.#post = post;
  }

  /** Asks the host. Rejects with the host's error, or when the answer is not what the protocol says. */
  request<Name extends RequestName<P>>(name: Name, params: Params<P, Name>): Promise<Result<P, Name>> {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { name, resolve, reject });
      this.#post({ kind: 'request', id, name, params });
    });
  }

  /** Calls `listener` for every event of this name until the returned function is called. */
  on<Name extends EventName<P>>(name: Name, listener: (body: EventBody<P, Name>) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Takes a message that came from the host; throws when it is not one. */
  receive(data: unknown): void {
    const message = parse(fromHost, data, 'message from the host');
    switch (message.kind) {
      case 'result': {
        const waiting = this.#take(message.id);
        if (!waiting) return;
        const schema = this.#protocol.requests[waiting.name].result;
        try {
          waiting.resolve(parse(schema, message.result, `result of “${waiting.name}”`) as never);
        } catch (error) {
          waiting.reject(error as Error);
        }
        return;
      }
      case 'error':
        this.#take(message.id)?.reject(new Error(message.message));
        return;
      case 'event': {
        if (!Object.hasOwn(this.#protocol.events, message.name)) throw new Error(`unknown event “${message.name}”`);
        const body = parse(this.#protocol.events[message.name], message.body, `event “${message.name}”`);
        for (const listener of this.#listeners.get(message.name) ?? []) listener(body as never);
        return;
      }
      default:
        assertNever(message);
    }
  }

  #take(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

function parse<Schema extends v.GenericSchema>(schema: Schema, data: unknown, what: string): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, data);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new TypeError(`${what} is not valid at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`);
}
