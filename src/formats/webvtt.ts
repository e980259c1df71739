/**
 * Labels as subtitles: a file a rollout, a cue for what each phase talks about, with the phase's text spoken by the annotator.
 * A phase that talks about no span is no cue, and places in the text are no times: a NOTE holds the whole label as this project's JSON.
 * The cue "2.1" is the second label's first phase; cues' times go before the NOTE's.
 */
import { spans, type Phase } from '../domain/phase.ts';
import type { Format } from './draft.ts';
import { millisecondsOf, secondsOf } from './milliseconds.ts';
import { labelLineOf, labelObject, rolloutLab } from './rollout-lab.ts';
import { textRecord } from './text-record.ts';
import type { Written } from './written.ts';

const header = 'WEBVTT Rollout Lab labels';

/** True of what begins as subtitles do, whosever they are. */
const isWebvtt = (head: string): boolean => /^WEBVTT(?!\S)/u.test(head);

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
  ending: { name: 'vtt', isOthers: true },
  labels: /\.vtt$/u,
  // Also after a program changed our header: others' subtitles hold no such NOTE.
  begins: (head) => isWebvtt(head) && (head.startsWith(header) || /^NOTE \{"format":"rollout-lab\//mu.test(head)),
  refuses(head, ending) {
    if (ending !== 'vtt' && !isWebvtt(head)) return null;
    // Its cues name phases of ours, whose labels are gone.
    const isData = /^\d+\.\d+\r?\n[^\r\n]* --> [^\r\n]*\r?\n<v /mu.test(head);
    return { reason: 'subtitles without the NOTE that holds a label: only files exported from here are read', isData };
  },
  records: textRecord,
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
