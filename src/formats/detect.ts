/** Knows a file's format by what is in it. */
import { areal } from './areal.ts';
import { art } from './art.ts';
import { avatarEval } from './avatar-eval.ts';
import { mmvuOutputs, omniBenchOutputs, videoHolmesResults } from './benchmark-results.ts';
import { mmvu, omniBench, videoHolmes } from './benchmarks.ts';
import { csv } from './csv.ts';
import { dataset, swiftDataset, videoR1 } from './dataset.ts';
import type { Format } from './draft.ts';
import { eaf } from './eaf.ts';
import { isPickleName } from './ending.ts';
import { inspect, inspectJson } from './inspect.ts';
import { jsonRecords, type RawRecord } from './json-records.ts';
import { labelStudio } from './label-studio.ts';
import { lmmsEval } from './lmms-eval.ts';
import { miles } from './miles.ts';
import { msSwift } from './ms-swift.ts';
import { nemoRl } from './nemo-rl.ts';
import { openInstruct } from './open-instruct.ts';
import { echoInk, humanOmni } from './omni-evals.ts';
import { isParquet, parquetRecords } from './parquet-records.ts';
import { primeRlTokens } from './prime-rl-tokens.ts';
import { r1vLog } from './r1-v-log.ts';
import { rllm } from './rllm.ts';
import { roll } from './roll.ts';
import { rolloutLab } from './rollout-lab.ts';
import { skyrl } from './skyrl.ts';
import { swiftInfer } from './swift-infer.ts';
import { separatorOf, tableRows } from './table-records.ts';
import { trackio } from './trackio.ts';
import { trl } from './trl.ts';
import { firstBytes, packingOf, unpackedName } from './utf8.ts';
import { verifiers } from './verifiers.ts';
import { verifiersTraces } from './verifiers-traces.ts';
import { verl } from './verl.ts';
import { videoR1Eval } from './video-r1-eval.ts';
import { vlmEvalKit } from './vlmevalkit.ts';
import { webvtt } from './webvtt.ts';
import { isWorkbook, workbookRows } from './workbook-records.ts';
import { isZip, ZipArchive } from './zip-archive.ts';

/** Everything that can be read: the first that says yes is taken, so the surer mark stands first. */
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
  skyrl,
  miles,
  roll,
  areal,
  rllm,
  art,
  openInstruct,
  primeRlTokens,
  r1vLog,
  videoR1Eval,
  lmmsEval,
  mmvuOutputs,
  videoHolmesResults,
  omniBenchOutputs,
  avatarEval,
  humanOmni,
  echoInk,
  swiftInfer,
  vlmEvalKit,
  inspect,
  inspectJson,
  trackio,
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
export async function recordsOf(
  format: Format,
  file: string,
  signal?: AbortSignal,
): Promise<AsyncGenerator<RawRecord>> {
  if (format.records) return format.records(file, signal);
  if (format.container === 'table') return rawRecordsOf(file, signal);
  const isTable = format.container === 'parquet' || isParquet(await firstBytes(file));
  return isTable ? unpackedParquet(file) : jsonRecords(file, signal);
}

/** Whether a file is a table in text, by its name. */
const isTextTable = (file: string): boolean => /\.(?:csv|tsv)$/iu.test(unpackedName(file));

/** The records of a file of no known format: a table by its name, else as JSON or parquet. */
export async function rawRecordsOf(file: string, signal?: AbortSignal): Promise<AsyncGenerator<RawRecord>> {
  if (isWorkbook(file)) return workbookRows(file, signal);
  const head = await firstBytes(file);
  if (isParquet(head)) return unpackedParquet(file);
  return isTextTable(file)
    ? tableRows(file, separatorOf(head.toString('utf8')), { signal })
    : jsonRecords(file, signal);
}

/** The format of this name. Throws, listing the names there are. */
export function formatNamed(name: string): Format {
  const format = formats.find((one) => one.name === name);
  if (!format) throw new Error(`there is no format “${name}”: use ${formats.map((one) => one.name).join(', ')}`);
  return format;
}

/** A file's format by its content, or null when it is none that is read here: unread.ts says why. Throws when it cannot be unpacked. */
export async function detectFormat(file: string, signal?: AbortSignal): Promise<Format | null> {
  if (isPickleName(file)) return null;
  const tables = formats.filter(({ container }) => container === 'table');
  if (isWorkbook(file)) return formatOf(await rawRecordsOf(file, signal), tables);
  const archived = (await isZip(file)) ? await archiveFormat(file) : null;
  if (archived) return archived;
  const head = await firstBytes(file);
  const text = head.toString('utf8').replace(/^\uFEFF/u, '');
  const begun = formats.find((one) => one.begins?.(text, file));
  if (begun) return begun;
  const parquet = isParquet(head);
  if (!parquet && head.includes(0)) return null;
  // Logs are long: one is looked into when it begins as JSON does.
  if (/\.(?:txt|log)$/iu.test(unpackedName(file)) && !/^\s*[[{]/u.test(head.toString('latin1'))) return null;
  if (!parquet && isTextTable(file)) return formatOf(await rawRecordsOf(file, signal), tables);
  const read = ['json', 'table', ...(parquet ? ['parquet'] : [])];
  const possible = formats.filter(({ container }) => container !== undefined && read.includes(container));
  return formatOf(parquet ? await unpackedParquet(file) : jsonRecords(file, signal), possible);
}

/** By the names of an archive's members; null when it is of no format. Throws when it cannot be opened. */
async function archiveFormat(file: string): Promise<Format | null> {
  const archive = await ZipArchive.open(file);
  archive.close();
  return formats.find((one) => one.archive?.(archive.names)) ?? null;
}

/** The first format that knows one of the first records. */
async function formatOf(records: AsyncGenerator<RawRecord>, possible: readonly Format[]): Promise<Format | null> {
  for await (const record of firstRecords(records)) {
    if ('value' in record && typeof record.value === 'object' && record.value !== null) {
      const keys = record.value as Record<string, unknown>;
      const format = possible.find((one) => one.detects?.(keys));
      if (format) return format;
    }
  }
  return null;
}

/** As many as are looked at before a file is given up as unknown. */
export async function* firstRecords(records: AsyncIterable<RawRecord>): AsyncGenerator<RawRecord> {
  let left = probed;
  for await (const record of records) {
    yield record;
    left -= 1;
    if (left === 0) break;
  }
}

/** Parquet is read from its end, and packs its columns itself. */
async function unpackedParquet(file: string): Promise<AsyncGenerator<RawRecord>> {
  const packing = await packingOf(file);
  if (packing !== null)
    throw new Error(
      `a parquet file packed with ${packing}, which must be unpacked to be read: parquet packs its columns itself`,
    );
  return parquetRecords(file);
}
