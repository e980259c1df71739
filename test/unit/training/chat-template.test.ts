/** Prompts of chat policies, as transformers renders and encodes them: test/golden/chat.py. */
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { promptMessages, type Message } from '../../../src/domain/prompt-text.ts';
import { chatTemplateOf, ChatTemplate } from '../../../src/training/policy/chat-template.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { chatPolicy, goldenChats, readChat } from './chat-policy.ts';
import { createRun, ended, startTraining, timeless, tinyPolicy, trainingStore } from './fixture.ts';

interface Golden {
  now: string;
  chats: { messages: Message[]; text: string; ids: number[] }[];
}

describe.each(readdirSync(goldenChats))('a chat policy of %s', (name) => {
  const { now, chats } = readChat<Golden>(name, 'golden.json');

  it('is prompted with the text and the ids that transformers gives', async () => {
    const policy = await Policy.load(await chatPolicy(name), null, new Date(now));
    const config = readChat<Record<string, unknown>>(name, 'tokenizer_config.json');
    const files = readdirSync(join(goldenChats, name));
    const source = files.includes('chat_template.jinja')
      ? readFileSync(join(goldenChats, name, 'chat_template.jinja'), 'utf8')
      : undefined;
    const template = chatTemplateOf(goldenChats, source, config, new Date(now))!;
    for (const { messages, text, ids } of chats) {
      expect(template.render(messages)).toBe(text);
      expect([...policy.tokenizer.encode(text)]).toEqual(ids);
    }
    const [question, ...options] = chats[0].messages[0].content.split('\n');
    expect(promptMessages({ question, options })).toEqual(chats[0].messages);
    expect([...policy.promptIds({ question, options })]).toEqual(chats[0].ids);
  });

  it('keeps its template when it is saved', async () => {
    const policy = await Policy.load(await chatPolicy(name), null, new Date(now));
    const folder = await mkdtemp(join(tmpdir(), 'chat-'));
    await policy.with({}).save(folder);
    const again = await Policy.load(folder, null, new Date(now));
    const asked = { question: 'How many?', options: [] };
    const both = { system: 'Be brief.', hint: 'Count.' };
    expect(again.promptIds(asked, both)).toEqual(policy.promptIds(asked, both));
  });
});

it('trains a policy that is prompted through its template, and keeps that in its checkpoints', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-'));
  const [plain, chat, other] = ['plain', 'chat', 'other'].map((name) => join(folder, name));
  await tinyPolicy(plain);
  const template = '{% for message in messages %}{{ message.content }}\n{% endfor %}';
  for (const [policy, source] of [
    [chat, template],
    [other, `red ${template}`],
  ]) {
    await cp(plain, policy, { recursive: true });
    await writeFile(join(policy, 'chat_template.jinja'), source);
  }
  const { store, file } = trainingStore(folder);
  const measured = [];
  for (const policy of [plain, chat, other]) {
    const run = createRun(store, policy, 'grpo', ['steps=1', 'evalEvery=0']);
    const { code, stderr } = await ended(startTraining(file, run));
    expect([code, stderr]).toEqual([0, stderr]);
    measured.push(timeless(store.runs.metrics(run.id, 0)));
    const kept = readdirSync(store.runs.latestCheckpoint(run.id)!.path).includes('chat_template.jinja');
    expect(kept).toBe(policy !== plain);
  }
  expect(measured[1]).toEqual(measured[0]);
  expect(measured[2]).not.toEqual(measured[0]);
  store.close();
}, 120_000);

it('ends a completion that is known by its text with the end of a turn, where that is one of the ends', async () => {
  const turn = readChat<{ added_tokens: { content: string; id: number }[] }>(
    'llama3',
    'tokenizer.json',
  ).added_tokens.find(({ content }) => content === '<|eot_id|>')!.id;
  const both = await Policy.load(await chatPolicy('llama3', { 'generation_config.json': { eos_token_id: [0, turn] } }));
  expect([...both.completionIds('No.')]).toEqual([...both.tokenizer.encode('No.'), turn]);
  const other = await Policy.load(await chatPolicy('llama3', { 'generation_config.json': { eos_token_id: [0, 1] } }));
  expect(other.completionIds('No.').at(-1)).toBe(0);
});

it('takes the default of several templates, and names the file that has none', async () => {
  const config = (templates: object): Promise<string> =>
    chatPolicy('qwen2.5', { 'tokenizer_config.json': { chat_template: templates } });
  const folder = await config([
    { name: 'tool_use', template: 'tools' },
    { name: 'default', template: '{{ messages[0].content }} {{ eos_token is defined }}' },
  ]);
  const policy = await Policy.load(folder);
  expect(policy.tokenizer.decode(policy.promptIds({ question: 'A', options: ['B'] }))).toBe('A\nB false');
  const none = await config([{ name: 'tool_use', template: 'tools' }]);
  await expect(Policy.load(none)).rejects.toThrow(
    'tokenizer_config.json, chat_template has none that is called “default”',
  );
  const wrong = await config({ default: 7 });
  await expect(Policy.load(wrong)).rejects.toThrow('tokenizer_config.json, chat_template is neither a template nor');
});

it('is read with any line ends as Jinja reads it', () => {
  const source = "{%- for m in messages %}\n<{{ m.role }}>\n{{ m.content }}{{ 'a\nb' }}\n{% endfor %}\n\nend\n";
  const asked: Message[] = [{ role: 'user', content: 'What\r\nis it?' }];
  const render = (text: string): string => new ChatTemplate(text, 'chat_template.jinja', {}, new Date(0)).render(asked);
  expect(render(source)).toBe('<user>\nWhat\r\nis it?a\nb\n\nend');
  expect(render(source.replaceAll('\n', '\r\n'))).toBe(render(source));
  expect(render(source.replaceAll('\n', '\r'))).toBe(render(source));
});

it('knows a policy whose prompts open the reasoning', async () => {
  const source = '{{ messages[0].content }}<|im_start|>assistant\n<think>\n';
  const asked = { question: 'Which?', options: ['A', 'B'] };
  const [opened, plain] = [{ 'chat_template.jinja': source }, {}];
  expect((await Policy.load(await chatPolicy('qwen3', opened))).opensThinking(asked)).toBe(true);
  expect((await Policy.load(await chatPolicy('qwen3', plain))).opensThinking(asked)).toBe(false);
});

describe('a broken template', () => {
  const broken = (source: string): (() => string) => {
    return () => new ChatTemplate(source, '/p/chat_template.jinja', {}, new Date(0)).render([]);
  };

  it.each([
    ['a character that is none', 'a\nb {{ x }}\n{% if x ? %}c{% endif %}\n', 3, 'Unexpected character: ?'],
    ['a statement that is none', '{% set x = 1 %}\n\n{% unless x %}\n', 3, 'Unknown statement type: unless'],
    ['a text that is not closed', '{{ "a" }}\n{{ "b }}\nc\n', 2, 'Unexpected end of input'],
    ['a block that is not closed', 'a\n{% for m in messages %}\n{{ m.content }}\n', 2, 'is not closed'],
    ['a block closed by another', '{% for m in messages %}\n{% if m %}\na\n{% endfor %}\n', 4, 'endfor'],
    ['a filter that is none', '{# {{ a }}\n{% b %} #}\n{%- set x = "a" %}\n{{ x | shout }}\n', 4, 'shout'],
    ['a function that is none', '{% if true %}\na\n{{ say(\n"b") }}{% endif %}', 3, 'Undefined'],
    [
      'its own refusal',
      '{% for i in [1, 2] %}\n{{ i }}\n{% if i == 2 %}{{ raise_exception("No.") }}{% endif %}{% endfor %}',
      3,
      'No.',
    ],
  ])('with %s is named with its line', (_, source, line, fault) => {
    expect(broken(source)).toThrow(`/p/chat_template.jinja, line ${line}: the chat template cannot be used: `);
    expect(broken(source)).toThrow(fault);
  });

  it('fails the policy that has it', async () => {
    const folder = await chatPolicy('qwen3', { 'chat_template.jinja': '\n{% if %}' });
    await expect(Policy.load(folder)).rejects.toThrow(`${join(folder, 'chat_template.jinja')}, line 2: `);
  });
});

describe('a template that goes on for long', () => {
  const render = (source: string, limit?: number): string =>
    new ChatTemplate(source, 'chat_template.jinja', {}, new Date(0), limit).render([{ role: 'user', content: 'Hi.' }]);

  it('is broken off, and told of by name and line', () => {
    const loops = ['i', 'j', 'k'].map((name) => `{% for ${name} in range(500) %}`).join('');
    const source = `{{ messages[0].content }}\n${loops}{% set last = k %}${'{% endfor %}'.repeat(3)}`;
    expect(() => render(source, 1000)).toThrow(
      'chat_template.jinja, line 2: the chat template cannot be used: it took more than 1 s',
    );
  });

  it.each([
    ['a text', '"ab"', 'ns.x ~ ns.x', 23],
    ['a list', '[1]', 'ns.x + ns.x', 18],
    ['a list by a filter', '[1]', '(ns.x + ns.x) | list', 18],
  ])('does not fill the memory with %s that it doubles', (_, first, doubled, times) => {
    const source = `{% set ns = namespace(x=${first}) %}\n{% for i in range(${times}) %}{% set ns.x = ${doubled} %}{% endfor %}`;
    expect(() => render(source)).toThrow(
      'chat_template.jinja, line 2: the chat template cannot be used: it makes a text or a list of 16777216 characters, and 8388608 are the most',
    );
  });

  it('does not fill the memory with a text that it doubles block by block, or with many', () => {
    const block = `{% set x %}ab{% endset %}${'{% set x %}{{ x }}{{ x }}{% endset %}'.repeat(23)}{{ x }}`;
    expect(() => render(block)).toThrow('it makes a text or a list of 16777216 characters');
    const doubled = '{% set ns.x = ns.x ~ ns.x %}'.repeat(21);
    const many = `{% set ns = namespace(x="ab") %}${doubled}{% for i in range(300) %}{% set y = ns.x | upper ~ i %}{% endfor %}`;
    expect(() => render(many)).toThrow('it makes more than 1073741824 characters in all');
  });

  it('has no range that fills the memory, and those that it needs', () => {
    expect(() => render('{% for i in range(100001) %}{% endfor %}')).toThrow('a range of more than 100000 numbers');
    expect(render('{{ range(3) | list }}{{ range(4, 0, -2) | list }}{{ range(5, 1) | list }}')).toBe(
      '[0, 1, 2][4, 2][]',
    );
  });
});

it('tells the time as Python’s strftime does, of the given moment in UTC', () => {
  const source = "{{ strftime_now('%Y-%m-%d %y %H:%M:%S %a %A %b %B 100%% %q') }}";
  const template = new ChatTemplate(source, 'chat_template.jinja', {}, new Date('2026-03-07T05:04:09Z'));
  expect(template.render([])).toBe('2026-03-07 26 05:04:09 Sat Saturday Mar March 100% %q');
});
