/** What an import tells while it goes on, and at its end. */
import type { ColumnMap, ColumnOffer } from './columns.ts';
import { findings, type Finding } from './stored-rollouts.ts';

export interface ImportProgress {
  /** The file being read, the how manieth of how many. */
  file: string;
  index: number;
  files: number;
  rollouts: number;
  rejected: number;
  /** Media taken out so far. */
  extracted: number;
}

/** A line that was not taken in; line 0 is the whole file. */
export interface Rejection {
  file: string;
  line: number;
  reason: string;
  /** What could be read of the file if a person named its columns. */
  offer?: ColumnOffer;
}

/** What people should know of a file that was taken in. */
export interface Note {
  file: string;
  text: string;
}

export interface ImportReport {
  files: number;
  /** Rows that could be read, those of which all is there already among them. */
  rows: number;
  rollouts: number;
  prompts: number;
  /** Prompts without media, of these or from before, that became one with the prompt that has them; left out when there is none. */
  joined?: number;
  /** Labels taken in; an annotator's own that is there already stays. */
  labels: number;
  /** Comments that were not there. */
  comments: number;
  /** Tags that were not there; left out without any in the files. */
  tags?: number;
  /** Rollouts whose steps an annotator judges that was not there; left out when there is none. */
  judgements?: number;
  /** Preferences that were not there; left out when there is none. */
  preferences?: number;
  /** Corrections that were not there; left out when there is none. */
  corrections?: number;
  duplicates: number;
  /** Of a journal, edits that were not there; left out without one. */
  edits?: number;
  rejected: Rejection[];
  /** Of a folder's files that share one, the first has it. */
  notes: Note[];
  /** Media that rows hold and that are files of the folder `extract` now; left out without one. */
  extracted?: number;
  /** Rows that hold media as bytes of which no file was found or written; left out when there is none. */
  embedded?: { file: string; rows: number }[];
  /** With `growing`, files that wait, whole or with their last line, until they are whole; left out when there is none. */
  unfinished?: string[];
  /** With `growing`, files that are read otherwise once there is more, or another, at the path `on`; left out when there is none. */
  hanging?: { file: string; on: string }[];
  /** With `update`, what became of rollouts that were there; else left out. */
  updated?: {
    /** Those that are brought up to date; `duplicates` were so already. */
    rollouts: number;
    /** By what those and the `duplicates` were found again. */
    found: Record<Finding, number>;
    /** Those that their file does not hold as it is read now: they stay as they were. */
    unmatched: number;
    /** Of those the ones that somebody labelled, judged, marked or commented on, and those whose text alone stays as it was, each with the reason. */
    left: { file: string; rollout: string; reason: string }[];
  };
  /** Files read by `maps`, that a person may choose again; left out when there is none. */
  mapped?: { file: string; map: ColumnMap; offer: ColumnOffer }[];
}

const findingTexts: Record<Finding, string> = {
  id: 'by their ids',
  text: 'by question and text',
  part: 'by how their text begins or ends',
  place: 'by their place in the file, with most of question and text as they were',
};

/** By what stored rollouts were found again, in words; empty where none was. */
export function foundText(found: Record<Finding, number>): string {
  return findings
    .filter((by) => found[by] > 0)
    .map((by) => `${found[by]} ${findingTexts[by]}`)
    .join('; ');
}
