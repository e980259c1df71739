/**
 * Labels as tasks of Label Studio: a task a rollout, an annotation a label, a region of the text each phase that is not empty. Offsets
 * count code points, as its editor does (NER - Emoji - Text in its own tests). What a phase talks about is a region of the sound in seconds.
 * The annotator's name is a text of the annotation, for an import whose `completed_by` holds another e-mail address than its users' is
 * refused; the suggestion that the label was taken from is in that text's `meta`, which the editor keeps.
 */
import * as v from 'valibot';
import { spans, type MediaSpan, type Phase } from '../domain/phase.ts';
import { suggestionSource, type LabelOrigin } from '../domain/suggestion/suggestion.ts';
import type { Draft, FileContext, Format } from './draft.ts';
import { valid } from './valid.ts';
import type { Written } from './written.ts';

/** A rollout with its labels as JSON. */
export function labelStudioTask({ prompt, rollout, labels }: Written, phases: readonly Phase[]): string {
  const { completion } = rollout;
  return JSON.stringify({
    data: {
      rollout: rollout.id,
      question: [prompt.question, ...prompt.options].join('\n'),
      text: completion,
      video: prompt.video ?? prompt.audio ?? '',
    },
    annotations: labels.map(({ annotator, boundaries, grounding, origin }) => ({
      result: [
        {
          ...{ id: 'annotator', type: 'textarea', from_name: 'annotator', to_name: 'text' },
          value: { text: [annotator] },
          ...(origin && { meta: { suggested_by: origin.source, scores: origin.scores } }),
        },
        ...spans(completion.length, boundaries)
          .filter(({ start, end }) => end > start)
          .map(({ phase, start, end }) => ({
            id: `phase-${phase + 1}`,
            type: 'labels',
            from_name: 'phase',
            to_name: 'text',
            value: {
              start: codePoints(completion, start),
              end: codePoints(completion, end),
              text: completion.slice(start, end),
              labels: [phases[phase].name],
            },
          })),
        ...(grounding ?? []).flatMap((span, phase) =>
          span
            ? {
                id: `span-${phase + 1}`,
                type: 'labels',
                from_name: 'span',
                to_name: 'audio',
                value: { ...span, channel: 0, labels: [phases[phase].name] },
              }
            : [],
        ),
      ],
    })),
  });
}

/** The labelling interface that the tasks are for: paste it where a project asks for one. */
export function labelStudioConfig(phases: readonly Phase[]): string {
  const escaped = phases.map(({ name }) =>
    name.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  );
  const labels = escaped.map((name) => `    <Label value="${name}"/>`);
  return `${[
    '<View>',
    '  <Style>.htx-text{ white-space: pre-wrap; }</Style>',
    '  <Video name="video" value="$video" sync="media"/>',
    '  <Labels name="span" toName="audio">',
    ...labels,
    '  </Labels>',
    '  <Audio name="audio" value="$video" sync="media"/>',
    '  <Header value="$question"/>',
    '  <Labels name="phase" toName="text">',
    ...labels,
    '  </Labels>',
    '  <Text name="text" value="$text" saveTextResult="yes"/>',
    '  <TextArea name="annotator" toName="text" maxSubmissions="1" placeholder="Your name"/>',
    '</View>',
  ].join('\n')}\n`;
}

const result = v.looseObject({
  ...{ type: v.string(), from_name: v.string(), value: v.looseObject({}) },
  meta: v.nullish(v.looseObject({})),
});
/** What people add to a task beside the label, such as relations between regions, is no part of it. */
const ours = v.looseObject({ from_name: v.picklist(['annotator', 'phase', 'span']) });
const suggested = v.object({ suggested_by: suggestionSource, scores: v.array(v.nullable(v.number())) });
const textRegion = v.object({ start: v.number(), end: v.number(), labels: v.tuple([v.string()]) });
const task = v.object({
  data: v.object({ rollout: v.pipe(v.string(), v.minLength(1)), text: v.string() }),
  annotations: v.array(
    v.object({
      completed_by: v.nullish(v.union([v.number(), v.looseObject({ email: v.nullish(v.string()) })])),
      was_cancelled: v.optional(v.boolean(), false),
      result: v.pipe(
        v.array(v.unknown()),
        v.transform((results) => results.filter((one) => v.is(ours, one))),
        v.array(result),
      ),
    }),
  ),
});
type Annotation = v.InferOutput<typeof task>['annotations'][number];

interface Row {
  data: v.InferOutput<typeof task>['data'];
  annotation: Annotation;
}

export const labelStudio: Format = {
  name: 'label-studio',
  title: 'Labels (Label Studio)',
  labels: /labels\.json$/u,
  container: 'json',
  detects(record) {
    if (['rollout', 'text', 'annotation_id'].every((key) => key in record)) {
      throw new Error(
        'Label Studio’s JSON-MIN, which leaves out what a label was taken from: export the project as JSON, not JSON-MIN',
      );
    }
    const { data, annotations } = record;
    return typeof data === 'object' && data !== null && Array.isArray(annotations);
  },
  rows(record): Row[] {
    const { data, annotations } = valid(task, record);
    return annotations.filter(({ was_cancelled }) => !was_cancelled).map((annotation) => ({ data, annotation }));
  },
  parse(record, context): Draft {
    const { data, annotation } = record as Row;
    const label = {
      annotator: annotatorOf(annotation),
      boundaries: boundariesOf(data.text, annotation, context),
      grounding: groundingOf(annotation, context),
      origin: originOf(annotation),
    };
    return { kind: 'label', rolloutId: data.rollout, label, text: data.text };
  },
};

function annotatorOf({ result, completed_by }: Annotation): string {
  const written = result.find(({ from_name }) => from_name === 'annotator')?.value.text;
  const [name] = Array.isArray(written) ? (written as unknown[]) : [written];
  if (typeof name === 'string' && name.trim() !== '') return name;
  if (typeof completed_by === 'number') return `label-studio:${completed_by}`;
  if (completed_by?.email) return completed_by.email;
  throw new Error('the annotation says not whose it is: neither in its text “annotator” nor in completed_by');
}

function originOf({ result }: Annotation): LabelOrigin | undefined {
  const meta = result.find(({ from_name }) => from_name === 'annotator')?.meta;
  if (!meta || !('suggested_by' in meta)) return undefined;
  const { suggested_by: source, scores } = valid(suggested, meta);
  return { source, scores };
}

/** Where each phase begins. Space between two regions goes to the first; other text must be in one. */
function boundariesOf(text: string, { result }: Annotation, context: FileContext): number[] {
  const offsets = offsetsOf(text);
  const regions = result
    .filter(({ type, from_name }) => type === 'labels' && from_name === 'phase')
    .map(({ value }) => valid(textRegion, value))
    .map(({ start, end, labels: [name] }) => {
      const [from, to] = [offsets[start], offsets[end]];
      if (from === undefined || to === undefined || to < from)
        throw new Error(`${name}: no text from ${start} to ${end}`);
      return { phase: phaseNamed(name, context), name, from, to };
    })
    .sort((a, b) => a.from - b.from || a.to - b.to);
  const starts = Array<number | undefined>(context.phases.length).fill(undefined);
  let [end, last] = [0, 0];
  for (const { phase, name, from, to } of regions) {
    if (from < end) throw new Error(`${name} begins inside the region before it`);
    if (phase < last) throw new Error(`${name} comes after ${context.phases[last].name}`);
    if (text.slice(end, from).trim() !== '')
      throw new Error(`“${text.slice(end, from).trim().slice(0, 40)}” is in no phase`);
    starts[phase] ??= regions[0].from === from ? 0 : from;
    [end, last] = [to, phase];
  }
  if (text.slice(end).trim() !== '') throw new Error(`“${text.slice(end).trim().slice(0, 40)}” is in no phase`);
  // A phase without a region is empty, where the next one begins.
  for (let phase = starts.length - 1, next = text.length; phase > 0; phase -= 1) next = starts[phase] ??= next;
  return starts.slice(1) as number[];
}

function groundingOf({ result }: Annotation, context: FileContext): (MediaSpan | null)[] {
  const grounding = context.phases.map((): MediaSpan | null => null);
  for (const { type, from_name, value } of result) {
    if (type !== 'labels' || from_name !== 'span') continue;
    const { start, end, labels } = valid(textRegion, value);
    const phase = phaseNamed(labels[0], context);
    if (grounding[phase]) throw new Error(`${labels[0]} has two spans: a phase talks about one`);
    grounding[phase] = { start, end };
  }
  return grounding;
}

function phaseNamed(name: string, { phases }: FileContext): number {
  const phase = phases.findIndex((one) => one.name === name);
  if (phase < 0) throw new Error(`there is no phase “${name}” here, but ${phases.map((one) => one.name).join(', ')}`);
  return phase;
}

function codePoints(text: string, end: number): number {
  return [...text.slice(0, end)].length;
}

/** The UTF-16 offset of each code point, the text's end last. */
function offsetsOf(text: string): number[] {
  const offsets = [0];
  for (const character of text) offsets.push(offsets.at(-1)! + character.length);
  return offsets;
}
