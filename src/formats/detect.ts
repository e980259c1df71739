/** Knows a file's format by what is in it. */
import { open } from 'node:fs/promises';
import { mmvu, omniBench, videoHolmes } from './benchmarks.ts';
import { csv, labelTableRecords, labelTableSeparator } from './csv.ts';
import { dataset, swiftDataset, videoR1 } from './dataset.ts';
import type { Format } from './draft.ts';
import { eaf } from './eaf.ts';
import { jsonRecords, type RawRecord } from './json-records.ts';
import { labelStudio } from './label-studio.ts';
import { msSwift } from './ms-swift.ts';
import { nemoRl } from './nemo-rl.ts';
import { isParquet, parquetRecords } from './parquet-records.ts';
import { rolloutLab } from './rollout-lab.ts';
import { textRecord } from './text-record.ts';
import { trl } from './trl.ts';
import { verifiers } from './verifiers.ts';
import { verifiersTraces } from './verifiers-traces.ts';
import { verl } from './verl.ts';
import { videoR1Eval } from './video-r1-eval.ts';
import { isWebvtt, webvtt } from './webvtt.ts';

/** Everything that can be read, surest mark first. */
export const formats: readonly Format[] = [
  rolloutLab,
  csv,
  eaf,
  labelStudio,
  webvtt,
  verl,
  trl,
  verifiers,
  verifiersTraces,
  msSwift,
  nemoRl,
  videoR1Eval,
  videoR1,
  swiftDataset,
  mmvu,
  omniBench,
  videoHolmes,
  dataset,
];

/** Records looked at before a file is given up as unknown. */
const probed = 20;

/** The records of a file of this format's container; rows of JSON may stand in parquet, as Hugging Face keeps datasets. */
export async function recordsOf(format: Format, file: string): Promise<AsyncGenerator<RawRecord>> {
  if (format.records) return format.records(file);
  switch (format.container) {
    case 'parquet':
      return parquetRecords(file);
    case 'csv':
      return labelTableRecords(file, labelTableSeparator((await firstBytes(file)).toString('utf8')) ?? ',');
    case 'text':
      return textRecord(file);
    case 'json':
      return isParquet(await firstBytes(file)) ? parquetRecords(file) : jsonRecords(file);
  }
}

/** The format of this name. Throws, listing the names there are. */
export function formatNamed(name: string): Format {
  const format = formats.find((one) => one.name === name);
  if (!format) throw new Error(`there is no format “${name}”: use ${formats.map((one) => one.name).join(', ')}`);
  return format;
}

/** A file's format by its content, or null when it is none of ours. Throws on those that are known and not read, with the way round. */
export async function detectFormat(file: string): Promise<Format | null> {
  const head = await firstBytes(file);
  refusePickle(file, head);
  refuseTextLog(head);
  const labels = labelFormat(head.toString('utf8'));
  if (labels) return labels;
  const parquet = isParquet(head);
  if (!parquet && head.includes(0)) return null;
  const records = parquet ? parquetRecords(file) : jsonRecords(file);
  const possible = formats.filter(({ container }) => container === 'json' || (parquet && container === 'parquet'));
  let left = probed;
  for await (const record of records) {
    if ('value' in record && typeof record.value === 'object' && record.value !== null) {
      const keys = record.value as Record<string, unknown>;
      const format = possible.find((one) => one.detects(keys));
      if (format) return format;
    }
    left -= 1;
    if (left === 0) break;
  }
  return null;
}

/** Formats of labels that are known by how the file begins. */
function labelFormat(head: string): Format | null {
  if (isWebvtt(head)) return webvtt;
  if (head.includes('<ANNOTATION_DOCUMENT')) return eaf;
  return labelTableSeparator(head) === null ? null : csv;
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** A pickle is a program: torch.save's archives and bare pickles are refused by name and by their first bytes. */
function refusePickle(file: string, head: Buffer): void {
  const pickled = /\.(?:pt|pth|pkl|pickle)$/iu.test(file) || (head[0] === 0x80 && head[1] >= 2 && head[1] <= 5);
  if (pickled) {
    throw new Error(
      'a pickle, and loading one runs the code in it. In Python, load it where you trust it and write JSONL, one object a line: ' +
        'json.dumps({"input": prompt, "output": completion, "score": reward, "step": step}), with "uid": "GROUP_0_INDEX" to ' +
        'keep groups; of slime’s dump, for s in torch.load(file, weights_only=False)["samples"]: s["prompt"], s["response"], ' +
        's["reward"], s["group_index"], s["index"]',
    );
  }
}

/** EasyR1's generations.log: "[prompt] …\n[output] …\n[ground_truth] …\n[score] …". */
function refuseTextLog(head: Buffer): void {
  if (head.toString('latin1').startsWith('[prompt] ')) {
    throw new Error(
      'EasyR1’s text log: its marks may stand in the texts too, so where a completion ends is a guess. Beside them its logger ' +
        'has each sample as a tuple: in FileGenerationLogger.log write JSONL, one object a line: ' +
        'json.dumps({"input": inp, "output": out, "gts": lab, "score": score, "step": step})',
    );
  }
}
