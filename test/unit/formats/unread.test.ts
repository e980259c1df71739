import { symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore } from '../store/fixture.ts';
import { folderOf } from './fixture.ts';

const cue = (id: string, said: string): string => `WEBVTT\n\n${id}\n00:00:00.500 --> 00:00:01.250\n${said}\n`;

/** Files of a folder that look like dumps, datasets or labels, with a word of the reason that each must be given. */
const data: Record<string, [text: string, reason: string]> = {
  'broken.jsonl': ['{"input": "a\nnot json\n', 'line 1: not JSON'],
  'empty.jsonl': ['', 'empty'],
  'pointer.parquet': ['version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n', 'git lfs pull'],
  'samples.jsonl': ['{"query": "What is it?", "sampled": "It is a red ball."}\n', 'its columns are query, sampled'],
  'nested.json': ['{\n  "version": 1,\n  "data": [{"question": "What is it?", "x": 1}]\n}', 'under “data”'],
  'table.csv': ['question;response\n"What is it; and why?";It is a red ball.\n', 'its columns are question, response'],
  'table.tsv': ['question\tresponse\nWhat?\tIt is a red ball.\n', 'its columns are question, response'],
  'labels.csv': [
    'rollout_id,annotator,phase,start,end,text\nr-1,ann,planning,0,4,I look at it.\n',
    'rollout_id, annotator',
  ],
  'rewritten.vtt': [cue('1.1', '<v ann>planning: I look.</v>'), 'without the NOTE'],
  'other.eaf': ['<html></html>', 'ELAN'],
  'structured.log': ['{"prompt": "What is it?", "reply": "It is a red ball."}\n', 'its columns are prompt, reply'],
  'rollout_3.pt': ['PK\x03\x04 data.pkl samples response _rebuild_tensor', 'a pickle'],
  'binary.jsonl': ['{"a": 1}\0\0\x01\x02', 'not text'],
};

/** Files that folders hold beside them. */
const others: Record<string, string> = {
  'config.json': '{\n  "architectures": ["Qwen2ForCausalLM"],\n  "vocab_size": 151936\n}\n',
  'tokenizer.json': '{"version": "1.0", "added_tokens": [{"id": 0, "content": "<pad>"}], "model": {"vocab": {"a": 0}}}',
  'tokenizer_config.json':
    '{"chat_template": "{% for message in messages %} say it in words {% endfor %}", "prompt": null}',
  'package.json':
    '{"name": "x", "description": "A thing that is said in words", "scripts": {"test": "run all the tests"}}',
  'tsconfig.json': '{\n  // Say it in words.\n  "strict": true\n}\n',
  'trainer_state.json': '{"epoch": 1.0, "log_history": [{"loss": 0.5, "step": 1}, {"loss": 0.4, "step": 2}]}',
  'vocab.json': '["a", "b"]',
  'metrics.jsonl': '{"loss": 0.5, "step": 1}\n{"loss": 0.4, "step": 2}\n',
  'metrics.csv': 'step,loss\n1,0.5\n2,0.4\n',
  'notes.txt': 'The prompt was changed and the response too.\n',
  'train.log': '[INFO] loaded the model\n',
  'captions.vtt': cue('1', 'A ball falls.'),
  'optimizer.pt': 'PK\x03\x04 data.pkl state param_groups torch _rebuild_tensor_v2',
  'model.safetensors': '\x08\0\0\0\0\0\0\0{}',
  'requirements.txt': 'vllm==1.0\n',
};

it('every file of a folder that looks like a dump, a dataset or labels is named with the reason; others are no news', async () => {
  const files = { ...Object.fromEntries(Object.entries(data).map(([name, [text]]) => [name, text])), ...others };
  const folder = folderOf(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, [text]])));
  writeFileSync(join(folder, 'more.jsonl.gz'), gzipSync('{"query": "What?", "sampled": "It is a red ball."}\n'));
  const { files: count, rejected } = await importFiles(openStore(), [folder]);
  expect(count).toBe(0);
  expect(rejected.map(({ file }) => basename(file)).sort()).toEqual([...Object.keys(data), 'more.jsonl.gz'].sort());
  for (const { file, line, reason } of rejected) {
    expect(line).toBe(0);
    expect(reason).toContain(data[basename(file)]?.[1] ?? 'its columns are query, sampled');
  }
});

it.each(Object.keys(others))('%s is told of when it is named itself', async (name) => {
  const folder = folderOf({ [name]: [others[name]] });
  const report = await importFiles(openStore(), [join(folder, name)]);
  expect(report).toMatchObject({ rows: 0, rejected: [{ line: 0, reason: expect.stringMatching(/\w/u) as string }] });
});

it.skipIf(process.platform === 'win32')(
  'a link within a folder is named, not followed; named itself it is read',
  async () => {
    const dump = folderOf({ '4.jsonl': [{ input: 'What?', output: 'That.', score: 1 }] });
    const folder = folderOf({ 'notes.txt': ['hello'] });
    const link = join(folder, 'part.jsonl');
    symlinkSync(join(dump, '4.jsonl'), link);
    symlinkSync(join(dump, 'config.json'), join(folder, 'config.json'));
    for (const options of [{}, { format: 'verl' }]) {
      expect((await importFiles(openStore(), [folder], options)).rejected).toContainEqual({
        file: link,
        line: 0,
        reason: 'a link, which is not followed within a folder: name it itself to read it',
      });
    }
    expect(await importFiles(openStore(), [link])).toMatchObject({ rollouts: 1, rejected: [] });
  },
);
