/**
 * Why a file of no known format is not read, and whether that is news: a folder holds much that is no dump. By its content a file is
 * taken for a dump, a dataset or labels when its rows say something in words or have a prompt by name, when it is JSON or a table and
 * cannot be read, when it is empty or points to what was not downloaded, and when it is a pickle that names no tensors. One JSON object
 * alone without a prompt and a completion (config.json, tokenizer.json, package.json), JSON with comments, numbers, text that is no JSON
 * and others' subtitles belong to something else.
 */
import { basename } from 'node:path';
import { guessColumns, isWords, offerOf } from './column-guess.ts';
import { columnsOf, isRow, valueAt, type ColumnOffer, type Row } from './columns.ts';
import { firstRecords, formats, rawRecordsOf } from './detect.ts';
import type { Refusal } from './draft.ts';
import { endingOf, isPickleName } from './ending.ts';
import { isMeant } from './file-name.ts';
import { firstBytes, headLength, rawBytes } from './utf8.ts';
import { isWorkbook } from './workbook-records.ts';

export interface Unread extends Refusal {
  /** What could be read of it by its columns. */
  offer?: ColumnOffer;
}

/** Of a file for which `detectFormat` has no format. */
export async function unreadOf(file: string, signal?: AbortSignal): Promise<Unread> {
  const raw = (await rawBytes(file, headLength)).toString('latin1');
  if (isPickleName(file) || (raw.startsWith('\x80') && raw.charCodeAt(1) >= 2 && raw.charCodeAt(1) <= 5))
    return { reason: pickle, isData: !namesTensors.test(raw) };
  const kind = endingOf(file);
  const isTold = isMeant(file);
  if (isWorkbook(file)) return unreadRows(file, kind, signal);
  const head = (await firstBytes(file)).toString('utf8').replace(/^\uFEFF/u, '');
  if (head.trim() === '') return { reason: 'empty', isData: isTold };
  if (head.startsWith('version https://git-lfs.github.com/spec/'))
    return { reason: 'a pointer of Git LFS, not the file itself: fetch it with git lfs pull', isData: isTold };
  for (const format of formats) {
    const refusal = format.refuses?.(head, kind);
    if (refusal) return refusal;
  }
  const isTable = kind === 'csv' || kind === 'tsv';
  // Text and logs are looked into only when they begin as JSON does.
  if (!isTold && !/^\s*(?:\{|\[\s*\{)/u.test(head)) return { reason: unknown, isData: false };
  if (formats.some(({ companion }) => companion === basename(file)))
    return { reason: `${unknown}; it describes the dump beside it`, isData: false };
  if (kind === 'json' && /^\s*(?:\/\/|\/\*)/mu.test(head)) return { reason: 'JSON with comments', isData: false };
  if (!isTable && head.includes('\0') && kind !== 'parquet')
    return { reason: 'its bytes are not text: it is in no format known here', isData: isTold };

  return unreadRows(file, kind, signal);
}

/** Of records that can be told apart. */
async function unreadRows(file: string, kind: string, signal?: AbortSignal): Promise<Unread> {
  const isTold = isMeant(file);
  const rows: Row[] = [];
  let count = 0;
  let fault: string | null = null;
  for await (const record of firstRecords(await rawRecordsOf(file, signal))) {
    count += 1;
    if ('reason' in record) fault ??= `line ${record.line}: ${record.reason}`;
    else if (isRow(record.value)) rows.push(record.value);
  }
  if (rows.length === 0) {
    const reason = fault ?? (count > 0 ? `${unknown}; its records are not objects with names` : 'it holds no records');
    return { reason, isData: fault !== null ? isTold : kind !== 'json' && isTold };
  }
  const offer = offerOf(rows);
  const columns = `${offer.columns.slice(0, 40).join(', ')}${offer.columns.length > 40 ? ', …' : ''}`;
  if (kind === 'json' && count === 1) {
    const [[list] = []] = Object.entries(rows[0]).filter(
      ([, value]) => Array.isArray(value) && value.length > 0 && value.every(isRow) && guessColumns(value).prompt,
    );
    if (list !== undefined)
      return { reason: `${unknown}; its records stand under “${list}”: write that list alone to a file`, isData: true };
    const { prompt, completion } = offer.guess;
    if (!prompt || !completion) return { reason: `${unknown}; it is one object with ${columns}`, isData: false };
  }
  const words = rows.some((row) => columnsOf([row]).some((column) => isWords(valueAt(row, column))));
  return {
    reason: `${unknown}; its columns are ${columns}${fault === null ? '' : ` (${fault})`}`,
    isData: words || offer.guess.prompt !== undefined,
    offer,
  };
}

const unknown = 'its content is in no format known here';

/** What stands in the pickles of weights, optimisers and random states; those of samples name their texts. */
const namesTensors = /^(?!.*(?:samples|response|completion)).*(?:_rebuild_|Storage|base_lrs|param_groups|state_dict)/su;

/** A pickle is a program: torch.save's archives and bare pickles are refused by name and by their first bytes. */
const pickle =
  'a pickle, and loading one runs the code in it. In Python, load it where you trust it and write JSONL, one object a line: ' +
  'json.dumps({"input": prompt, "output": completion, "score": reward, "step": step}), with "uid": "GROUP_0_INDEX" to ' +
  'keep groups; of slime’s dump, for s in torch.load(file, weights_only=False)["samples"]: s["prompt"], s["response"], ' +
  's["reward"], s["group_index"], s["index"]; of miles, whose conversations stand in trajectory/ beside it, import that folder instead';
