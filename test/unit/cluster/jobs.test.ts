/** What the client says of an answer that is none of a healthy cluster's; ray.test.ts has a real one. */
import { join } from 'node:path';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RayJobs } from '../../../src/cluster/jobs.ts';
import { temporaryFolder } from '../store/fixture.ts';

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

/** A server that is no Ray, and the requests that it got. */
async function answering(answer: (response: ServerResponse) => void): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    request.resume().on('end', () => answer(response));
  });
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const plain =
  (status: number, text: string, headers = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, headers).end(text);
  };

describe('the client of Ray jobs', () => {
  it.each([
    [
      'a page',
      plain(200, '<html>hello</html>'),
      /what answers at .* is no Ray dashboard: name the address that ray start prints/u,
    ],
    ['nothing of the kind', plain(404, 'not found'), /is no Ray dashboard/u],
    ['a fault', plain(500, 'Traceback\nValueError: no'), /answered GET \/api\/version with 500: ValueError: no$/u],
    ['a wish for a token', plain(401, 'Unauthorized'), /asks for a token/u],
    ['a refusal', plain(403, 'Forbidden'), /refuses the token/u],
    ['a dropped connection', (response: ServerResponse) => response.destroy(), /does not answer \(ECONNRESET\)$/u],
  ])('says in a line what is wrong with %s', async (_, answer, message) => {
    const { address } = await answering(answer);
    await expect(new RayJobs(address, null).version()).rejects.toThrow(message);
  });

  it('follows no redirect, and so takes its token to no other host', async () => {
    const elsewhere = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    const seen: string[] = [];
    elsewhere.on('request', ({ url }) => seen.push(url!));
    await new Promise((done) => elsewhere.on('listening', done));
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/api/version`;
    const { address, asked } = await answering(plain(302, '', { location }));
    await expect(new RayJobs(address, 'secret').version()).rejects.toThrow(
      /answers that it is elsewhere \(.*\), which is not followed/u,
    );
    expect([asked, seen]).toEqual([['GET /api/version Bearer secret'], []]);
    elsewhere.close();
  });

  it('says that nothing answers', async () => {
    const { address } = await answering(plain(200, ''));
    server!.close();
    await expect(new RayJobs(address, null).version()).rejects.toThrow(/does not answer \(ECONNREFUSED\)$/u);
  });

  it('says that a package is too large, which Ray itself refuses', async () => {
    let first = true;
    const { address } = await answering((response) => {
      plain(first ? 404 : 413, 'Maximum request body size 104857600 exceeded.')(response);
      first = false;
    });
    await expect(new RayJobs(address, null).upload(new Uint8Array(10))).rejects.toThrow(/at most 100 MiB/u);
  });

  it('ends with the reason of an aborted signal', async () => {
    const { address } = await answering(() => undefined);
    const reason = new Error('enough');
    const asking = new AbortController();
    const answer = new RayJobs(address, null).version(asking.signal);
    setTimeout(() => asking.abort(reason), 50);
    await expect(answer).rejects.toBe(reason);
  });

  it('takes a file no further than it may be large', async () => {
    const { address } = await answering(plain(200, 'x'.repeat(1000)));
    const jobs = new RayJobs(address, null);
    await expect(jobs.download('node', 'file', '/dev/null', 999)).rejects.toThrow(
      /larger than it may be \(999 bytes\)/u,
    );
    expect(await jobs.download('node', 'file', '/dev/null', 1000)).toBe(true);
  });

  it('says what is wrong here when a file cannot be written here, and blames no cluster', async () => {
    const { address } = await answering(plain(200, 'x'.repeat(1000)));
    const jobs = new RayJobs(address, null);
    await expect(jobs.download('node', 'file', '/dev/full', 1000)).rejects.toMatchObject({ code: 'ENOSPC' });
    const missing = join(temporaryFolder(), 'missing/file');
    await expect(jobs.download('node', 'file', missing, 1000)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
