/** A server on this machine that speaks the chat completions protocol, for tests of the judge. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** A part of a message that is more than text. */
export interface Part {
  type: 'text' | 'image_url';
  text?: string;
  image_url?: { url: string };
}

export interface Question {
  model: string;
  messages: { role: string; content: string | Part[] }[];
  temperature: number;
  seed: number;
  response_format: { type: string };
}

export interface Asked {
  path: string;
  headers: IncomingHttpHeaders;
  question: Question;
  /** ms since epoch. */
  at: number;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body: string;
  /** ms before it answers. */
  delay?: number;
  /** Whether the line breaks off behind the body. */
  breaks?: true;
}

/** What a question says, without its pictures. */
export function textOf({ messages }: Question): string {
  const { content } = messages[1];
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
}

/** The pictures of a question. */
export function picturesOf({ messages }: Question): Buffer[] {
  const { content } = messages[1];
  const urls = typeof content === 'string' ? [] : content.flatMap(({ image_url }) => image_url?.url ?? []);
  return urls.map((url) => Buffer.from(url.replace(/^data:image\/jpeg;base64,/u, ''), 'base64'));
}

/** The numbers of the steps that a question asks about. */
export const stepsOf = (question: Question): number[] =>
  Array.from(
    textOf(question)
      .split('Reasoning:\n')[1]
      .matchAll(/^(\d+)\. /gmu),
    ([, step]) => Number(step),
  );

/** A whole chat completion with this content, and how many tokens it took where the endpoint says so. */
export const completion = (content: string, usage?: { prompt_tokens: number; completion_tokens: number }): Answer => ({
  body: JSON.stringify({
    ...{ object: 'chat.completion', usage },
    choices: [{ index: 0, message: { role: 'assistant', content } }],
  }),
});

/** A verdict that scores each step by its number. */
export const verdict = (question: Question, score: (step: number) => number): Answer =>
  completion(JSON.stringify({ steps: stepsOf(question).map((step) => ({ step, score: score(step) })) }));

/** The numbered segments of a question about phases. */
export const segmentsOf = (question: Question): string[] =>
  textOf(question)
    .split('Reasoning:\n')[1]
    .split('\n')
    .map((line) => line.replace(/^\d+\. /u, ''));

/** Phases that begin with these segments, by name. */
export const phasesAnswer = (firsts: Record<string, number | null>, confidence = 0.9): string =>
  JSON.stringify({ phases: Object.entries(firsts).map(([phase, first]) => ({ phase, first, confidence })) });

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

/** Listens until the file's tests are done. `asked` fills with what is asked, in order; `most` is how many questions were open at once. */
export async function serveJudge(
  answer: (question: Question, index: number) => Answer,
): Promise<{ endpoint: string; asked: Asked[]; most: () => number }> {
  const asked: Asked[] = [];
  let [open, most] = [0, 0];
  const server = createServer((request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on('close', () => (open -= 1));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const question = JSON.parse(Buffer.concat(chunks).toString()) as Question;
      asked.push({ path: `${request.method} ${request.url}`, headers: request.headers, question, at: Date.now() });
      const { status = 200, headers = {}, body, delay = 0, breaks = false } = answer(question, asked.length - 1);
      setTimeout(() => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        if (breaks) response.write(body, () => response.destroy());
        else response.end(body);
      }, delay);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  servers.push(server);
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked, most: () => most };
}
