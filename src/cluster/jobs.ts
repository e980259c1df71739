/**
 * A Ray cluster over its dashboard's HTTP interface (Ray 2.60, docs.ray.io "Ray Jobs REST API"). By node:http: Ray answers the global fetch
 * as it does a browser, with 405 for all that changes something. No redirect is followed.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import { errorText } from '../domain/error-text.ts';

/** What went wrong between here and the cluster, in a line. */
export class RayError extends Error {
  override readonly name = 'RayError';
  /** HTTP status; null where nothing answered. */
  readonly status: number | null;

  constructor(status: number | null, message: string) {
    super(message);
    this.status = status;
  }
}

/** Most bytes that Ray takes as one package (its dashboard's own limit of a request). */
export const mostPackageBytes = 100 * 1024 * 1024;

/** How long an answer may let wait (ms), and how large one that is read whole may be (bytes). */
const answerMs = 60_000;
const mostAnswerBytes = 512 * 1024 * 1024;

const versionSchema = v.object({ ray_version: v.string(), session_name: v.string() });
const nodesSchema = v.object({
  data: v.object({
    summary: v.array(
      v.object({
        raylet: v.optional(
          v.object({ state: v.optional(v.string()), resourcesTotal: v.optional(v.record(v.string(), v.number())) }),
        ),
      }),
    ),
  }),
});
const jobSchema = v.object({
  status: v.picklist(['PENDING', 'RUNNING', 'STOPPED', 'FAILED', 'SUCCEEDED']),
  message: v.optional(v.nullable(v.string()), null),
  driver_node_id: v.optional(v.nullable(v.string()), null),
});

export type JobInfo = v.InferOutput<typeof jobSchema>;

/** A cluster as its dashboard tells of it. */
export interface RayCluster {
  /** Of Ray. */
  version: string;
  /** Another one after each start of the head. */
  session: string;
  /** Living nodes. */
  nodes: number;
  /** Of all of them together, by Ray's names. */
  resources: Record<string, number>;
}

/** What a job is submitted with. */
export interface JobRequest {
  entrypoint: string;
  submission_id: string;
  runtime_env: { working_dir: string; py_modules: string[]; env_vars: Record<string, string> };
  metadata: Record<string, string>;
  entrypoint_num_gpus?: number;
  entrypoint_resources?: Record<string, number>;
  entrypoint_num_cpus?: number;
}

interface Asked {
  body?: Uint8Array;
  type?: string;
  signal?: AbortSignal;
}

export class RayJobs {
  readonly #base: string;
  readonly #token: string | null;

  /** `token` is null where the cluster asks for none. */
  constructor(address: string, token: string | null) {
    this.#base = address.replace(/\/+$/u, '');
    this.#token = token;
  }

  /** Throws RayError, also where what answers is no Ray. */
  async version(signal?: AbortSignal): Promise<Pick<RayCluster, 'version' | 'session'>> {
    const found = v.safeParse(versionSchema, json(await this.#must('GET', '/api/version', { signal })));
    if (!found.success) throw this.#noRay();
    return { version: found.output.ray_version, session: found.output.session_name };
  }

  /** What the cluster is and has now. Throws as `version` does. */
  async cluster(signal?: AbortSignal): Promise<RayCluster> {
    const version = await this.version(signal);
    const found = v.safeParse(nodesSchema, json(await this.#must('GET', '/nodes?view=summary', { signal })));
    if (!found.success) throw this.#noRay();
    const alive = found.output.data.summary.flatMap(({ raylet }) => (raylet?.state === 'ALIVE' ? [raylet] : []));
    const resources: Record<string, number> = {};
    for (const { resourcesTotal = {} } of alive)
      for (const [name, amount] of Object.entries(resourcesTotal)) resources[name] = (resources[name] ?? 0) + amount;
    return { ...version, nodes: alive.length, resources };
  }

  /** Keeps a zip on the cluster, once, under a name made of its content. Returns the URI that a job names it by. */
  async upload(zip: Uint8Array, signal?: AbortSignal): Promise<string> {
    const name = `_ray_pkg_${createHash('sha256').update(zip).digest('hex').slice(0, 32)}.zip`;
    const path = `/api/packages/gcs/${name}`;
    const { status } = await this.#ask('GET', path, { signal });
    if (status === 404) await this.#must('PUT', path, { body: zip, signal });
    else if (status !== 200) await this.#must('GET', path, { signal });
    return `gcs://${name}`;
  }

  async submit(job: JobRequest, signal?: AbortSignal): Promise<void> {
    const body = Buffer.from(JSON.stringify(job));
    await this.#must('POST', '/api/jobs/', { body, type: 'application/json', signal });
  }

  /** Null where the cluster knows no such job. */
  async info(id: string, signal?: AbortSignal): Promise<JobInfo | null> {
    const { status, text } = await this.#ask('GET', `/api/jobs/${id}`, { signal });
    if (status === 404 && text.includes(id)) return null;
    const found = v.safeParse(jobSchema, json(this.#checked('GET', `/api/jobs/${id}`, { status, text })));
    if (!found.success) throw this.#noRay();
    return found.output;
  }

  /** All that the job's driver printed. */
  async logs(id: string, signal?: AbortSignal): Promise<string> {
    const found = v.safeParse(
      v.object({ logs: v.nullable(v.string()) }),
      json(await this.#must('GET', `/api/jobs/${id}/logs`, { signal })),
    );
    return (found.success && found.output.logs) || '';
  }

  async stop(id: string, signal?: AbortSignal): Promise<void> {
    await this.#must('POST', `/api/jobs/${id}/stop`, { signal });
  }

  /** The text of a file under the logs of a node's session; null where it is not there (yet). */
  async file(node: string, name: string, signal?: AbortSignal): Promise<string | null> {
    const parts: Buffer[] = [];
    const into = new Writable({
      write: (part: Buffer, _, done) => {
        parts.push(part);
        done();
      },
    });
    return (await this.#fetch(node, name, () => into, mostAnswerBytes, signal))
      ? Buffer.concat(parts).toString()
      : null;
  }

  /** Writes such a file of so many bytes to `path`. False where it is not there. */
  download(node: string, name: string, path: string, bytes: number, signal?: AbortSignal): Promise<boolean> {
    return this.#fetch(node, name, () => createWriteStream(path), bytes, signal);
  }

  async #fetch(node: string, name: string, into: () => Writable, most: number, signal?: AbortSignal): Promise<boolean> {
    const query = new URLSearchParams({ node_id: node, filename: name, lines: '-1', timeout: '3600' });
    const path = `/api/v0/logs/file?${query.toString()}`;
    let failed: 'here' | 'there' | null = null;
    try {
      const response = await this.#request('GET', path, { signal });
      if (response.statusCode !== 200) {
        const answer = await read(response);
        if (answer.text.startsWith('A file is not found')) return false;
        this.#checked('GET', '/api/v0/logs/file', answer);
      }
      let size = 0;
      const written = into();
      // Whichever fails first takes the other with it.
      response.once('error', () => (failed ??= 'there'));
      written.once('error', () => (failed ??= 'here'));
      await pipeline(
        response,
        async function* (source: AsyncIterable<Buffer>) {
          for await (const part of source) {
            size += part.length;
            if (size > most) throw new RayError(200, `${name} on the cluster is larger than it may be (${most} bytes)`);
            yield part;
          }
        },
        written,
      );
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      throw failed === 'here' && !(error instanceof RayError) ? error : this.#unreachable(error);
    }
  }

  async #must(method: string, path: string, asked: Asked): Promise<string> {
    return this.#checked(method, path, await this.#ask(method, path, asked));
  }

  async #ask(method: string, path: string, asked: Asked): Promise<Answer> {
    try {
      return await read(await this.#request(method, path, asked));
    } catch (error) {
      asked.signal?.throwIfAborted();
      throw this.#unreachable(error);
    }
  }

  #request(method: string, path: string, { body, type, signal }: Asked): Promise<IncomingMessage> {
    const url = new URL(this.#base + path);
    const headers = {
      ...(this.#token !== null && { authorization: `Bearer ${this.#token}` }),
      ...(type && { 'content-type': type }),
      ...(body && { 'content-length': body.byteLength }),
    };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https : http).request(
        url,
        { method, headers, timeout: answerMs, signal },
        (response) => resolve(response),
      );
      request.on('timeout', () => request.destroy(new Error(`no answer in ${answerMs / 1000} s`)));
      request.on('error', reject);
      request.end(body);
    });
  }

  #checked(method: string, path: string, { status, text, location }: Answer): string {
    if (status === 200) return text;
    const at = this.#base;
    if (location !== undefined)
      throw new RayError(
        status,
        `${at} answers that it is elsewhere (${location}), which is not followed: name the address of Ray’s dashboard itself`,
      );
    if (status === 401)
      throw new RayError(
        status,
        `the Ray cluster at ${at} asks for a token: run Set Ray Token…, or set RAY_AUTH_TOKEN on the command line`,
      );
    if (status === 403)
      throw new RayError(
        status,
        `the Ray cluster at ${at} refuses the token: set the one that the cluster was started with`,
      );
    if (status === 413)
      throw new RayError(
        status,
        `the Ray cluster at ${at} takes no package of this size: at most ${mostPackageBytes / 2 ** 20} MiB`,
      );
    if (status === 404 || status === 405) throw this.#noRay(status);
    const said = text.trim().split('\n').at(-1)?.slice(0, 300);
    throw new RayError(
      status,
      `the Ray cluster at ${at} answered ${method} ${path} with ${status}: ${said || 'nothing more'}`,
    );
  }

  #noRay(status = 200): RayError {
    return new RayError(
      status,
      `what answers at ${this.#base} is no Ray dashboard: name the address that ray start prints (http://HOST:8265)`,
    );
  }

  #unreachable(error: unknown): RayError {
    if (error instanceof RayError) return error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    return new RayError(null, `the Ray cluster at ${this.#base} does not answer (${code ?? errorText(error)})`);
  }
}

interface Answer {
  status: number;
  text: string;
  location?: string;
}

async function read(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostAnswerBytes) throw new RayError(null, 'the Ray cluster answers without end');
    parts.push(part);
  }
  const { statusCode: status = 0, headers } = response;
  const moved = status >= 300 && status < 400;
  return { status, text: Buffer.concat(parts).toString(), ...(moved && { location: headers.location ?? 'nowhere' }) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
