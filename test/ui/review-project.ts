import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** A prompt: what it asks about which clip, the rewards of its completions, and what they say. */
interface Group {
  question: string;
  clip: keyof typeof clips;
  rewards: number[];
  says?: string;
  /** The instruction that its completions were sampled under. */
  system?: string;
  /** What is known of the tokens of its completions: by default where each stands and its log-prob. */
  tokens?: (offsets: number[]) => object | null;
}

const placedTokens = (offsets: number[]): object => ({
  ids: offsets.map((_, id) => id),
  offsets,
  logProbs: offsets.map((offset) => -offset / 100),
});

const testPictures = ['-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=25:duration=6'];
const encoded = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-g', '15'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=330:duration=6'];

/** How ffmpeg makes each clip. */
const clips = {
  'aac.mp4': [...testPictures, ...tone, '-c:a', 'aac', ...encoded],
  'silent.mp4': [...testPictures, ...encoded],
  // Portrait; four of ten frames are missing; a tone from 2 s to 3 s.
  'uneven.mp4': [
    ...['-f', 'lavfi', '-i', 'testsrc=size=180x320:rate=25:duration=6'],
    ...['-f', 'lavfi', '-i', "aevalsrc='0.5*sin(2*PI*400*t)*between(t,2,3)':s=44100:d=6"],
    ...['-vf', "select='not(between(mod(n,10),4,7))'", '-fps_mode', 'vfr', '-c:a', 'libmp3lame', ...encoded],
  ],
  // Two hours.
  'long.mp4': [
    ...['-f', 'lavfi', '-i', "color=size=64x48:rate=1/2:duration=7200,format=gray,geq=lum='255*T/7200'"],
    ...['-f', 'lavfi', '-i', 'sine=frequency=300:duration=7200:sample_rate=16000'],
    ...['-c:a', 'libmp3lame', '-b:a', '8k', ...encoded],
  ],
};

/** A folder for each, as datasets have them. */
const videoOf = (clip: string): string => `${clip}/video.mp4`;

/** Rewards of the two prompts' groups: one teaches, the other is vanishing. */
export const twoGroups: Group[] = [
  { question: 'Which colour is on screen when the low tone sounds?', clip: 'aac.mp4', rewards: [1, 0, 1] },
  { question: 'How many times does the high tone sound?', clip: 'silent.mp4', rewards: [0.5, 0.5] },
];

/** What a completion says unless its group says otherwise; with times, so that it can be followed. */
export const completion =
  '<think>First find when the low tone sounds, then look at the colour there.\n' +
  'At 0:01 the square is red and silent. At 0:03 the low tone sounds. At 0:03 the square is green.\n' +
  'So the colour is green.</think><answer>B</answer>';

/** A small project made through the real path: clips by ffmpeg, rollouts imported by the command line. Returns its folder. */
export function makeReviewProject(groups = twoGroups): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-review-'));
  const lines = groups.flatMap(({ question, clip, rewards, says = completion, system, tokens = placedTokens }) => {
    const offsets = [...says.matchAll(/\s*\S+/g)].map(({ index }) => index);
    return rewards.map((reward, index) => ({
      format: 'rollout-lab/1',
      prompt: {
        ...{ dataset: 'trial', question, options: ['A red', 'B green'], answer: 'B' },
        ...{ problemType: 'multiple-choice', video: videoOf(clip), stage: 'audio-visual' },
      },
      rollout: {
        ...{ policy: 'cold-start', policyVersion: 0, rewards: { accuracy: reward }, reward, system },
        // Completions of a prompt differ, or they would be one rollout.
        completion: `${says}${' '.repeat(index)}`,
        tokens: tokens(offsets),
      },
    }));
  });
  const dump = join(folder, 'trial.rollouts.jsonl');
  writeFileSync(dump, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  rolloutLab('import', dump, '--db', storeOf(folder));
  // After the import, so that the store keeps their paths as they are and they hold in the copy that a workbench opens.
  for (const clip of new Set(groups.map(({ clip }) => clip))) {
    mkdirSync(join(folder, clip), { recursive: true });
    copyFileSync(made(clip), join(folder, videoOf(clip)));
  }
  return folder;
}

let shelf: string | undefined;

/** A clip's file, which ffmpeg makes once for all projects of this process. */
function made(clip: keyof typeof clips): string {
  if (!shelf) {
    const folder = (shelf = mkdtempSync(join(tmpdir(), 'lab-clips-')));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  const file = join(shelf, clip);
  if (!existsSync(file)) execFileSync('ffmpeg', ['-v', 'error', ...clips[clip], file]);
  return file;
}

/** The store of a workspace folder. */
export function storeOf(folder: string): string {
  mkdirSync(join(folder, '.rollout-lab'), { recursive: true });
  return join(folder, '.rollout-lab/rollouts.db');
}

/** Runs the command line; returns what `--json` printed. */
export function rolloutLab(...args: string[]): unknown {
  const script = join(root, 'scripts/rollout-lab.mjs');
  const printed = execFileSync(process.execPath, [script, ...args, '--json'], { encoding: 'utf8', stdio: 'pipe' });
  return JSON.parse(printed) as unknown;
}

/** A rollout as the command line lists it. */
export interface ListedRollout {
  id: string;
  completion: string;
  statuses: { annotator: string; status: string; reason: string | null }[];
  flaggedBy: string[];
  tags: { annotator: string; tag: string }[];
}

/** The rollouts of a workspace folder, in the order of the list. */
export function rolloutsOf(folder: string): ListedRollout[] {
  return (rolloutLab('list', 'rollouts', '--db', storeOf(folder)) as { rows: ListedRollout[] }).rows;
}

/** What the command line reads of a rollout's labels. */
export interface ShownLabels {
  labels: {
    annotator: string;
    boundaries: number[];
    grounding: unknown;
    origin?: { source: string; scores: (number | null)[] };
  }[];
  suggestions: { source: string; scores: number[]; entropy: number; refusedAt: (string | null)[] }[];
  reviews: unknown[];
}

const listed = new Map<string, string[]>();

/** The ids of the rollouts of a workspace folder, as it was listed first. */
function idsOf(folder: string): string[] {
  const ids = listed.get(folder) ?? rolloutsOf(folder).map(({ id }) => id);
  listed.set(folder, ids);
  return ids;
}

/** The labels of the rollout at this place of the list. */
export function labelsOf(folder: string, place: number): ShownLabels {
  return rolloutLab('labels', 'show', '--db', storeOf(folder), '--rollout', idsOf(folder)[place]) as ShownLabels;
}

/** Every label of the rollouts of a workspace folder. */
export function allLabelsOf(folder: string): ShownLabels['labels'] {
  return [...idsOf(folder).keys()].flatMap((place) => labelsOf(folder, place).labels);
}

/** Labels the rollout at this place of the list as another person does, from another process. */
export function setLabel(folder: string, place: number, annotator: string, boundaries: number[]): void {
  const target = ['--db', storeOf(folder), '--rollout', idsOf(folder)[place]];
  rolloutLab('labels', 'set', ...target, '--annotator', annotator, '--boundaries', boundaries.join());
}

/** Where the completion says these words first. */
export function placesOf(...words: string[]): number[] {
  return words.map((some) => completion.indexOf(some));
}
