/**
 * Labels as subtitles: a file a rollout, a cue for what each phase talks about, with the phase's text spoken by the annotator.
 * A phase that talks about no span is no cue, and places in the text are no times: a NOTE holds the whole label as this project's JSON.
 * The cue "2.1" is the second label's first phase; cues' times go before the NOTE's.
 */
import { spans, type Phase } from '../domain/phase.ts';
import type { Format } from './draft.ts';
import { millisecondsOf, secondsOf } from './milliseconds.ts';
import { labelLineOf, labelObject, rolloutLab } from './rollout-lab.ts';
import type { Written } from './write.ts';

const header = 'WEBVTT Rollout Lab labels';

/** True of a file that holds a label of ours, also after a program changed its header: others' subtitles hold none. */
export const isWebvtt = (head: string): boolean =>
  /^\uFEFF?WEBVTT(?!\S)/u.test(head) &&
  (head.replace(/^\uFEFF/u, '').startsWith(header) || /^NOTE \{"format":"rollout-lab\//mu.test(head));

/** True of one whose cues name phases of ours, and whose labels are gone. */
export const lacksLabels = (head: string): boolean =>
  /^\uFEFF?WEBVTT/u.test(head) && /^\d+\.\d+\r?\n[^\r\n]* --> [^\r\n]*\r?\n<v /mu.test(head);

/** A rollout's labels as WebVTT. */
export function webvttText({ rollout, labels }: Written, phases: readonly Phase[]): string {
  const notes = labels.map((label) => `NOTE ${labelLineOf(rollout.id, label).trim().replaceAll('>', '\\u003e')}`);
  const cues = labels.flatMap(({ annotator, boundaries, grounding }, i) =>
    spans(rollout.completion.length, boundaries).flatMap(({ phase, start, end }) => {
      const span = grounding?.[phase];
      if (!span) return [];
      const said = `${phases[phase].name}: ${rollout.completion.slice(start, end)}`;
      const times = millisecondsOf(span);
      const timing = `${timestamp(times.start)} --> ${timestamp(times.end)}`;
      return {
        start: times.start,
        text: `${i + 1}.${phase + 1}\n${timing}\n<v ${payload(annotator)}>${payload(said)}</v>`,
      };
    }),
  );
  const inTime = cues.sort((a, b) => a.start - b.start).map(({ text }) => text);
  return `${[header, ...notes, ...inTime].join('\n\n')}\n`;
}

function timestamp(milliseconds: number): string {
  const [hours, minutes, seconds] = [3_600_000, 60_000, 1000].map((unit, i) =>
    String(Math.floor(milliseconds / unit) % (i === 0 ? Infinity : 60)).padStart(2, '0'),
  );
  return `${hours}:${minutes}:${seconds}.${String(milliseconds % 1000).padStart(3, '0')}`;
}

/** A cue's text on one line: a blank line would end it. */
function payload(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(/[\s\0]+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

export const webvtt: Format = {
  name: 'webvtt',
  title: 'Labels (WebVTT)',
  container: 'text',
  detects: () => false,
  rows: (record) => labelsOf(record as string),
  parse: (record, context) => rolloutLab.parse(record, context),
};

/** Hours may be left out. */
const timing = /^(?:(\d{2,}):)?(\d\d):(\d\d)\.(\d{3})[ \t]+-->[ \t]+(?:(\d{2,}):)?(\d\d):(\d\d)\.(\d{3})/u;

/** The labels of the NOTEs, with the times of the cues. Throws on a cue that is of none of them. */
function labelsOf(text: string): unknown[] {
  const blocks = text.replaceAll(/\r\n?/gu, '\n').split(/\n{2,}/u);
  const labels = blocks
    .filter((block) => block.startsWith('NOTE {'))
    .map((block) => labelObject(JSON.parse(block.slice(5))));
  const exact = labels.map(({ label }) => label.grounding);
  for (const { label } of labels) label.grounding = label.grounding.map(() => null);
  for (const block of blocks.filter((one) => one.includes('-->'))) {
    const [id, second = ''] = block.trim().split('\n');
    const [, ...times] = timing.exec(second) ?? [];
    const [, label, phase] = (/^(\d+)\.(\d+)$/u.exec(id) ?? []).map((digits) => Number(digits) - 1);
    if (times.length === 0 || exact[label]?.[phase] === undefined) {
      throw new Error(
        `the cue “${id}” names no phase, such as 1.2 for the first label’s second, or has no times after it`,
      );
    }
    labels[label].label.grounding[phase] = secondsOf(
      { start: millisecondsIn(times.slice(0, 4)), end: millisecondsIn(times.slice(4)) },
      exact[label][phase],
    );
  }
  return labels;
}

function millisecondsIn(parts: readonly (string | undefined)[]): number {
  const [hours, minutes, seconds, milliseconds] = parts.map((part) => Number(part ?? 0));
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
}
