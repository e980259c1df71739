/** The webview's way to its host: acquires the editor's API once and joins it to the protocol. */
import * as v from 'valibot';
import { Caller, type Protocol } from '../../src/protocol/message.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
};

/**
 * `Caller` over the editor's message port, with the page's own state (navigation and preferences only; the host's data
 * comes again as a snapshot). Make one a page, add listeners with `on`, then call `ready`.
 */
export class Host<P extends Protocol, State extends v.GenericSchema> extends Caller<P> {
  readonly #api: ReturnType<typeof acquireVsCodeApi>;
  readonly #stateSchema: State;

  constructor(protocol: P, stateSchema: State) {
    const api = acquireVsCodeApi();
    super(protocol, (message) => api.postMessage(message));
    this.#api = api;
    this.#stateSchema = stateSchema;
    const fault = (error: unknown): void =>
      api.postMessage({
        kind: 'fault',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    window.addEventListener('error', (event) => fault(event.error ?? event.message));
    window.addEventListener('unhandledrejection', (event) => fault(event.reason));
    window.addEventListener('message', (event: MessageEvent<unknown>) => this.receive(event.data));
  }

  /** Tells the host that listeners are in place: it sends the newest of every published event. */
  ready(): void {
    this.#api.postMessage({ kind: 'ready' });
  }

  /** What `setState` last kept, also before a reload; undefined when there is none or an older version wrote it. */
  getState(): v.InferOutput<State> | undefined {
    const parsed = v.safeParse(this.#stateSchema, this.#api.getState());
    return parsed.success ? parsed.output : undefined;
  }

  /** Keeps `state` for the page's next life; the panel's serializer gets it after a reload of the window. */
  setState(state: v.InferInput<State>): void {
    this.#api.setState(state);
  }
}
