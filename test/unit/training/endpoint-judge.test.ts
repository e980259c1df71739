import { afterAll, expect, it, vi } from 'vitest';
import type { EndpointJudgeConfig } from '../../../src/domain/run.ts';
import { Store } from '../../../src/store/store.ts';
import { EndpointJudge, type EndpointJudgeParts } from '../../../src/training/avatar/endpoint-judge.ts';
import { makePrompt } from '../store/rows.ts';
import { completion, picturesOf, serveJudge, verdict, type Answer } from './judge-server.ts';

vi.setConfig({ testTimeout: 60_000 });

const store = Store.open(':memory:');
afterAll(() => store.close());

const prompt = makePrompt({ question: 'How many sounds are heard?', options: [], answer: '2' });
const text = '<think>I listen. At 0:01 low. So there are two.</think><answer>2</answer>';

/** Each judge has a model of its own, so that no test reads another's verdicts. */
let judges = 0;
type Parts = Omit<EndpointJudgeConfig, 'frames'> & Omit<EndpointJudgeParts, 'judge'>;
function judge(endpoint: string, parts: Partial<Parts> = {}): EndpointJudge {
  judges += 1;
  const { key = null, signal = new AbortController().signal, frames = async () => [], log = () => undefined } = parts;
  const { timeout = 30, concurrency = 4, style = 'steps', unreadable = 'retry' } = parts;
  const config = { endpoint, model: `model-${judges}`, timeout, concurrency, style, frames: 0, unreadable };
  return new EndpointJudge({ judge: config, seed: 7, key, verdicts: store.verdicts, frames, log, signal });
}

it.concurrent(
  'asks for a score of each numbered step, with the key in its header, and remembers the verdict',
  async () => {
    const { endpoint, asked } = await serveJudge((question) => verdict(question, (step) => step / 4));
    const made = judge(endpoint, { key: 'sk-secret' });
    expect(await made.score(prompt, text)).toEqual([0.25, 0.5, 0.75]);
    expect(asked[0]).toMatchObject({
      path: 'POST /v1/chat/completions',
      headers: { authorization: 'Bearer sk-secret', 'content-type': 'application/json' },
      question: { temperature: 0, seed: 7, response_format: { type: 'json_schema' } },
    });
    const [{ role }, { content }] = asked[0].question.messages;
    expect(role).toBe('system');
    expect(content).toBe(
      'Question:\nHow many sounds are heard?\n\nCorrect answer: 2\n\nReasoning:\n1. I listen.\n2. At 0:01 low.\n3. So there are two.',
    );
    expect(await made.score(prompt, text)).toEqual([0.25, 0.5, 0.75]);
    expect(asked).toHaveLength(1);
  },
);

it.concurrent('sends no key where it has none, and asks nothing about a completion that reasons nothing', async () => {
  const { endpoint, asked } = await serveJudge((question) => verdict(question, () => 1));
  const made = judge(`${endpoint}/`);
  expect(await made.score(prompt, '<think></think><answer>2</answer>')).toEqual([]);
  expect(asked).toEqual([]);
  await made.score(prompt, text);
  expect(asked[0].path).toBe('POST /v1/chat/completions');
  expect(asked[0].headers).not.toHaveProperty('authorization');
});

it.concurrent('asks at most so many questions at once, and an equal one only once', async () => {
  let answers = 0;
  const { endpoint, asked, most } = await serveJudge((question) => {
    answers += 1;
    return { ...verdict(question, () => answers / 100), delay: 500 };
  });
  const made = judge(endpoint, { concurrency: 3 });
  const texts = Array.from({ length: 12 }, (_, i) => `<think>I hear ${i % 6}.</think>`);
  const scores = await Promise.all(texts.map((one) => made.score(prompt, one)));
  expect(asked).toHaveLength(6);
  expect(most()).toBe(3);
  expect(scores.slice(6)).toEqual(scores.slice(0, 6));
});

it.concurrent('waits as long as a 429 asks it to, and goes on', async () => {
  const { endpoint, asked } = await serveJudge((question, i): Answer => {
    return i === 0 ? { status: 429, headers: { 'retry-after': '2' }, body: '{}' } : verdict(question, () => 1);
  });
  expect(await judge(endpoint).score(prompt, text)).toEqual([1, 1, 1]);
  expect(asked).toHaveLength(2);
  expect(asked[1].at - asked[0].at).toBeGreaterThanOrEqual(1_990);
});

it.concurrent(
  'gives up after some 500s, each later than the one before, naming the endpoint and the status',
  async () => {
    const body = JSON.stringify({ error: { message: 'out of memory for sk-secret' } });
    const { endpoint, asked } = await serveJudge(() => ({ status: 500, body }));
    const failing = judge(endpoint, { key: 'sk-secret' }).score(prompt, text);
    await expect(failing).rejects.toThrow(
      /^the judge model-\d+ at http:\/\/127\.0\.0\.1:\d+\/v1 answered 500 Internal Server Error: /u,
    );
    await expect(failing).rejects.toThrow('out of memory for …');
    expect(asked).toHaveLength(5);
    const waits = asked.slice(1).map(({ at }, i) => at - asked[i].at);
    // They arrive later than that on a busy machine, and never sooner but for the clock's rounding.
    for (const [i, least] of [300, 600, 1200, 2400].entries()) expect(waits[i]).toBeGreaterThan(least - 10);
  },
);

it.concurrent('does not ask again where it is refused, and says where the key is set', async () => {
  const { endpoint, asked } = await serveJudge(() => ({
    status: 401,
    headers: { 'content-type': 'text/plain' },
    body: 'no',
  }));
  await expect(judge(endpoint).score(prompt, text)).rejects.toThrow(
    'answered 401 Unauthorized (its key: “Set Judge Key”, or ROLLOUT_LAB_JUDGE_KEY): no',
  );
  expect(asked).toHaveLength(1);
});

it.concurrent(
  'reads a verdict in a fence or among words; asks anew, with another seed, for one that cannot be read',
  async () => {
    const good = '{"steps":[{"step":2,"score":"0.5","why":"seen"},{"step":1,"score":1},{"step":3,"score":0}]}';
    const bad = ['{"steps": [{"step": 1,', 'I would say it is fine.'];
    const answers = ['```json\n' + good + '\n```', ...bad, `Here: ${good} Well?`];
    const { endpoint, asked } = await serveJudge((_, i) => completion(answers[i]));
    const made = judge(endpoint);
    expect(await made.score(prompt, text)).toEqual([1, 0.5, 0]);
    expect(await made.score(prompt, `${text} `.replace('two', '2'))).toEqual([1, 0.5, 0]);
    expect(asked.map(({ question }) => question.seed)).toEqual([7, 7, 8, 9]);
  },
);

/** No verdicts: JSON that breaks off, words, a step too few, a score that is none, no content, no choice. */
const unreadable: [string, Answer, string][] = [
  ['breaks off', completion('{"steps": [{"step": 1,'), 'JSON'],
  ['is words', completion('I would say it is fine.'), 'JSON'],
  ['lacks a step', completion('{"steps":[{"step":1,"score":1}]}'), 'step 2 of 3 has no score'],
  ['scores too high', completion('{"steps":[{"step":1,"score":1.5}]}'), 'steps.0.score'],
  ['says nothing', { body: '{"choices":[{"message":{"content":null}}]}' }, 'no JSON object'],
  ['chooses nothing', { body: '{"choices":[]}' }, 'no JSON object'],
];

it.concurrent.each(unreadable)(
  'counts as no verdict, once three in a row are none, what %s; says so once and remembers nothing',
  async (_, answer, fault) => {
    let readable = false;
    const { endpoint, asked } = await serveJudge((question) => (readable ? verdict(question, () => 1) : answer));
    const said: string[] = [];
    const made = judge(endpoint, { log: (level, message) => said.push(`${level}: ${message}`) });
    expect(await made.score(prompt, text)).toBeNull();
    expect(asked.map(({ question }) => question.seed)).toEqual([7, 8, 9]);
    expect(await made.score(prompt, text.replace('two', 'three'))).toBeNull();
    expect(said).toEqual([expect.stringMatching(/^warn: Where a verdict cannot be read, the judge’s part is 0: /u)]);
    expect(said[0]).toContain('gives no answer that can be read: ');
    expect(said[0]).toContain(fault);
    readable = true;
    expect(await made.score(prompt, text)).toEqual([1, 1, 1]);
  },
);

it.concurrent.each([
  ['a page', '<html>Welcome</html>', '<html>Welcome'],
  ['an error with status 200', '{"error":{"message":"no such route, sk-secret"}}', 'no such route, …'],
])('gives up on an endpoint that answers with %s: every verdict would be 0 without a word', async (_, body, words) => {
  const { endpoint, asked } = await serveJudge(() => ({ body }));
  const made = judge(endpoint, { unreadable: 'zero', key: 'sk-secret' });
  const error = await made.score(prompt, text).catch((reason: unknown) => reason);
  expect(error).toHaveProperty('message', expect.stringContaining(`at ${endpoint} answers with no chat completion`));
  expect(error).toHaveProperty('message', expect.stringContaining(words));
  expect(asked).toHaveLength(3);
});

it.concurrent('follows no redirection, and says what to name instead', async () => {
  const { endpoint } = await serveJudge(() => ({ status: 307, headers: { location: '/elsewhere' }, body: '' }));
  await expect(judge(endpoint).score(prompt, text)).rejects.toThrow(
    'it redirects, which is not followed: name the address',
  );
});

it.concurrent('asks once alone where a verdict that cannot be read is to be zero', async () => {
  const { endpoint, asked } = await serveJudge(() => completion('Fine.'));
  expect(await judge(endpoint, { unreadable: 'zero' }).score(prompt, text)).toBeNull();
  expect(asked).toHaveLength(1);
});

it.concurrent(
  'gives up on an endpoint that breaks off what it says: that is a fault of the line, not a verdict',
  async () => {
    const { endpoint, asked } = await serveJudge(() => ({
      headers: { 'content-length': '99' },
      body: '{',
      breaks: true,
    }));
    await expect(judge(endpoint, { unreadable: 'zero' }).score(prompt, text)).rejects.toThrow(`at ${endpoint} `);
    expect(asked.length).toBeGreaterThan(1);
  },
);

const heard = makePrompt({
  ...{ question: 'Where is the bell?', options: [], answer: 'left' },
  sourceRow: { audio_cues: ['a bell', 'twice'] },
});
const four = { hearing: 1, seeing: 0.5, place: 0, description: '0.25' };

it.concurrent('asks by four criteria with the caption of the sound, the truth and the final answer', async () => {
  const { endpoint, asked } = await serveJudge(() => completion(`So: ${JSON.stringify(four)}`));
  const made = judge(endpoint, { style: 'criteria' });
  expect(await made.score(heard, text)).toEqual([1, 0.5, 0, 0.25]);
  expect(asked[0].question.messages[1].content).toBe(
    'Question:\nWhere is the bell?\n\nCaption of the sound:\na bell\ntwice\n\nCorrect answer:\nleft\n\n' +
      'Reasoning:\nI listen.\nAt 0:01 low.\nSo there are two.\n\nFinal answer:\n2',
  );
  expect(asked[0].question.response_format).toMatchObject({
    json_schema: { schema: { required: ['hearing', 'seeing', 'place', 'description'] } },
  });
  expect(await made.score(heard, text)).toEqual([1, 0.5, 0, 0.25]);
  expect(await made.score(heard, '<think></think>')).toEqual([]);
  expect(asked).toHaveLength(1);
});

it.concurrent('shows the frames behind the question, in their order, and asks anew where they are others', async () => {
  const { endpoint, asked } = await serveJudge((question) => verdict(question, () => 1));
  let shown = ['data:image/jpeg;base64,QQ==', 'data:image/jpeg;base64,Qg=='];
  const made = judge(endpoint, { frames: () => Promise.resolve(shown) });
  for (let i = 0; i < 2; i += 1) await made.score(prompt, text);
  const [, { content }] = asked[0].question.messages;
  expect(content).toMatchObject([{ type: 'text' }, ...shown.map((url) => ({ type: 'image_url', image_url: { url } }))]);
  expect(picturesOf(asked[0].question).map(String)).toEqual(['A', 'B']);
  shown = [];
  await made.score(prompt, text);
  expect(asked).toHaveLength(2);
  expect(asked[1].question.messages[1].content).toBeTypeOf('string');
});

it.concurrent('gives up on an endpoint that is too slow', async () => {
  const { endpoint, asked } = await serveJudge((question) => ({ ...verdict(question, () => 1), delay: 2_000 }));
  await expect(judge(endpoint, { timeout: 0.2 }).score(prompt, text)).rejects.toThrow('did not answer within 0.2 s');
  expect(asked).toHaveLength(5);
});

it.concurrent('says that an endpoint cannot be reached, or sends elsewhere', async () => {
  await expect(judge('http://127.0.0.1:9/v1').score(prompt, text)).rejects.toThrow(
    'at http://127.0.0.1:9/v1 cannot be reached: ',
  );
  const other = await serveJudge((question) => verdict(question, () => 1));
  const { endpoint } = await serveJudge(() => ({ status: 307, headers: { location: other.endpoint }, body: '' }));
  await expect(judge(endpoint, { key: 'sk-secret' }).score(prompt, text)).rejects.toThrow('redirect');
  expect(other.asked).toEqual([]);
});

it.concurrent(
  'stops at once when it is cancelled: what is open, what waits and what is to be tried again',
  async () => {
    const cancelled = new AbortController();
    const { endpoint, asked } = await serveJudge((question, i) =>
      i === 0
        ? { status: 503, headers: { 'retry-after': '60' }, body: '' }
        : { ...verdict(question, () => 1), delay: 60_000 },
    );
    const made = judge(endpoint, { concurrency: 2, signal: cancelled.signal });
    const scores = ['one', 'two', 'three', 'four'].map((word) => made.score(prompt, text.replace('two', word)));
    await vi.waitFor(() => expect(asked).toHaveLength(2), { timeout: 10_000 });
    const before = Date.now();
    cancelled.abort(new Error('another process has taken the run'));
    const results = await Promise.allSettled(scores);
    // Not the minute that the endpoint asked for.
    expect(Date.now() - before).toBeLessThan(30_000);
    expect(results.map((result) => result.status === 'rejected' && String(result.reason))).toEqual(
      scores.map(() => 'Error: another process has taken the run'),
    );
    expect(asked).toHaveLength(2);
  },
);

it('refuses a key that cannot be sent, without repeating it', () => {
  expect(() => judge('http://127.0.0.1:9/v1', { key: 'sk-se\ncret' })).toThrow(
    /^the judge's key holds what no HTTP header can$/u,
  );
});
