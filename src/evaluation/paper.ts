/** What AVATAR's paper reports on the benchmarks, to stand beside an evaluation of one. */

export interface PaperAccuracy {
  benchmark: string;
  /** Percent. */
  base: number;
  avatar: number;
}

/** Accuracy of Qwen2.5-Omni and of AVATAR, which was trained from it (arXiv 2508.03100v3; its abstract tells the differences: 5.4, 4.9, 4.5). */
const reported: readonly PaperAccuracy[] = [
  { benchmark: 'MMVU', base: 60.2, avatar: 65.6 },
  { benchmark: 'OmniBench', base: 44.2, avatar: 49.1 },
  { benchmark: 'Video-Holmes', base: 40.6, avatar: 45.1 },
];

/** By a dataset's name, however it is written: "Video_Holmes_32frame", "omni-bench", "mmvu_val". Null of any other. */
export function paperAccuracy(dataset: string | null): PaperAccuracy | null {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/gu, '');
  return reported.find(({ benchmark }) => dataset !== null && plain(dataset).startsWith(plain(benchmark))) ?? null;
}
