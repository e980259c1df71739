/** A Ray head of its own on loopback, by the Python that the tests have. */
import { spawn, type ChildProcess } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { venvPython } from '../../../scripts/python-venv.ts';
import { RayJobs } from '../../../src/cluster/jobs.ts';

export const token = 'rollout-lab-test-token-0123456789';

/** Of a whole test: a head that follows another one takes its place. */
export async function freePorts(): Promise<number[]> {
  const servers = Array.from({ length: 4 }, () => createServer().listen(0, '127.0.0.1'));
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done) => server.on('listening', () => done((server.address() as { port: number }).port))),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

export class RayHead {
  readonly address: string;
  readonly jobs: RayJobs;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<void>;

  private constructor([gcs, dashboard, client, agent]: number[], environment: NodeJS.ProcessEnv) {
    // Its sockets' paths may have 107 characters.
    this.#folder = mkdtempSync(join(tmpdir(), 'ray-'));
    this.address = `http://127.0.0.1:${dashboard}`;
    this.jobs = new RayJobs(this.address, token);
    const home = join(this.#folder, 'home');
    mkdirSync(home);
    const words = [
      ...['start', '--head', '--block', '--node-ip-address', '127.0.0.1', '--port', `${gcs}`],
      ...['--dashboard-host', '127.0.0.1', '--dashboard-port', `${dashboard}`],
      ...['--dashboard-agent-listen-port', `${agent}`, '--ray-client-server-port', `${client}`],
      ...['--num-cpus', '2', '--object-store-memory', '100000000', '--temp-dir', join(this.#folder, 't')],
    ];
    this.#child = spawn(join(dirname(venvPython), 'ray'), [...words, '--disable-usage-stats'], {
      detached: true,
      stdio: 'ignore',
      env: {
        ...process.env,
        ...{ HOME: home, RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: token, RAY_USAGE_STATS_ENABLED: '0' },
        // Without it Ray listens on the machine's own address.
        RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER: '0',
        PATH: `${dirname(venvPython)}${delimiter}${process.env.PATH}`,
        ...environment,
      },
    });
    this.#ended = new Promise((done) => this.#child.on('exit', () => done()));
  }

  /** Starts a head, and waits until it takes jobs. */
  static async start(ports: number[], environment: NodeJS.ProcessEnv = {}): Promise<RayHead> {
    const head = new RayHead(ports, environment);
    for (let left = 240; ; left -= 1) {
      try {
        const { nodes } = await head.jobs.cluster();
        if (nodes > 0) return head;
      } catch (error) {
        if (left === 0) throw error;
      }
      await new Promise((done) => setTimeout(done, 500));
    }
  }

  /** Ends it and all of its processes. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => process.kill(-this.#child.pid!, 'SIGKILL'), 20_000);
    await this.#ended;
    clearTimeout(late);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** As a machine that loses its power. */
  async kill(): Promise<void> {
    process.kill(-this.#child.pid!, 'SIGKILL');
    await this.#ended;
  }
}

/** Kills the process that a job has become, which its words tell. */
export function killDriver(job: string): void {
  const pids = globSync('/proc/[0-9]*/cmdline').flatMap((one) => {
    try {
      const words = readFileSync(one, 'utf8').split('\0');
      return words.includes('--outbox') && words.some((word) => word.endsWith(job)) ? [Number(one.split('/')[2])] : [];
    } catch {
      return [];
    }
  });
  if (pids.length !== 1) throw new Error(`${pids.length} processes are the job ${job}`);
  process.kill(pids[0], 'SIGKILL');
}
