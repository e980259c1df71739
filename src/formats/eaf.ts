/**
 * Labels as ELAN reads them: a file a rollout, for a video with every completion's tiers in one could not be read. ELAN aligns
 * with time, so what a phase talks about is an annotation, on a tier of its own for each label and phase: spans of two phases may
 * overlap, annotations of one tier may not. A phase that talks about no span is an empty tier, to be filled there. Places in the text are
 * no times: a property of the document, which ELAN keeps, holds the whole label as this project's JSON; the tiers' times go before its.
 */
import { XmlElement } from '@rgrove/parse-xml';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spans, type MediaSpan, type Phase } from '../domain/phase.ts';
import type { Format, LabelDraft } from './draft.ts';
import { labelLineOf, labelObject, rolloutLab } from './rollout-lab.ts';
import { millisecondsOf, secondsOf } from './milliseconds.ts';
import { textRecord } from './text-record.ts';
import type { Written } from './written.ts';
import { xmlRoot } from './xml.ts';

const property = /^rollout-lab label (\d+)$/u;
/** "2.1 planning · ann" is the second label's first phase. */
const tierName = /^(\d+)\.(\d+) /u;

/** A rollout's labels as a document of EAF 3.0 (its schema is www.mpi.nl/tools/elan/EAFv3.0.xsd). */
export function eafText({ prompt, rollout, labels }: Written, phases: readonly Phase[]): string {
  const slots: { id: string; time: number }[] = [];
  const slot = (time: number): string => {
    const id = `ts${slots.length + 1}`;
    slots.push({ id, time });
    return id;
  };
  const tiers = labels.flatMap(({ annotator, boundaries, grounding }, i) =>
    spans(rollout.completion.length, boundaries).flatMap(({ phase, start, end }) => {
      const id = `${i + 1}.${phase + 1} ${phases[phase].name} · ${annotator}`;
      const tier = `<TIER TIER_ID="${attribute(id)}" ANNOTATOR="${attribute(annotator)}" LINGUISTIC_TYPE_REF="phase"`;
      const span = grounding?.[phase];
      if (!span) return [`${tier}/>`];
      const milliseconds = millisecondsOf(span);
      const times = `TIME_SLOT_REF1="${slot(milliseconds.start)}" TIME_SLOT_REF2="${slot(milliseconds.end)}"`;
      return [
        `${tier}>`,
        `    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a${slots.length / 2}" ${times}>`,
        `      <ANNOTATION_VALUE>${text(rollout.completion.slice(start, end))}</ANNOTATION_VALUE>`,
        '    </ALIGNABLE_ANNOTATION></ANNOTATION>',
        '  </TIER>',
      ];
    }),
  );
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<ANNOTATION_DOCUMENT AUTHOR="" DATE="${labels
      .map(({ savedAt }) => savedAt)
      .sort()
      .at(-1)}" FORMAT="3.0" VERSION="3.0" ` +
      'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
      'xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">',
    '  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">',
    ...[prompt.video, prompt.audio].filter((path) => path !== null).map((path) => `    ${mediaDescriptor(path)}`),
    ...labels.map(
      (label, i) => `    <PROPERTY NAME="rollout-lab label ${i + 1}">${text(json(rollout.id, label))}</PROPERTY>`,
    ),
    '  </HEADER>',
    '  <TIME_ORDER>',
    ...slots
      .sort((a, b) => a.time - b.time)
      .map(({ id, time }) => `    <TIME_SLOT TIME_SLOT_ID="${id}" TIME_VALUE="${time}"/>`),
    '  </TIME_ORDER>',
    ...tiers.map((line) => (line.startsWith(' ') ? line : `  ${line}`)),
    '  <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="phase" TIME_ALIGNABLE="true" GRAPHIC_REFERENCES="false"/>',
    ...stereotypes.map(([name, says]) => `  <CONSTRAINT STEREOTYPE="${name}" DESCRIPTION="${says}"/>`),
    '</ANNOTATION_DOCUMENT>',
  ].join('\n')}\n`;
}

/** How a tier may depend on another: a document names those that its readers may be asked for, all four. */
const stereotypes = [
  ['Time_Subdivision', 'Cuts the time of the annotation above without a gap'],
  ['Symbolic_Subdivision', 'Cuts the annotation above into parts in order, without times'],
  ['Symbolic_Association', 'Belongs to one annotation above, without a time'],
  ['Included_In', 'Lies within the time of the annotation above, with gaps'],
];

const mimeTypes: Record<string, string> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  avi: 'video/x-msvideo',
  wav: 'audio/x-wav',
  mp3: 'audio/mpeg',
};

/** ELAN takes the address, or a file of this name beside the document. */
function mediaDescriptor(path: string): string {
  const type = mimeTypes[path.split('.').at(-1)!.toLowerCase()] ?? 'application/octet-stream';
  const beside = `./${encodeURIComponent(basename(path))}`;
  return `<MEDIA_DESCRIPTOR MEDIA_URL="${attribute(pathToFileURL(path).href)}" MIME_TYPE="${type}" RELATIVE_MEDIA_URL="${attribute(beside)}"/>`;
}

/** Without the two characters that JSON leaves as they are and XML cannot hold. */
function json(rolloutId: string, label: LabelDraft): string {
  return labelLineOf(rolloutId, label).trim().replaceAll('\uFFFE', '\\uFFFE').replaceAll('\uFFFF', '\\uFFFF');
}

/** What XML cannot hold is no character of it; the label's JSON has it escaped. */
function text(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(/(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

function attribute(value: string): string {
  return text(value)
    .replaceAll('"', '&quot;')
    .replaceAll(/[\t\n]/gu, ' ');
}

export const eaf: Format = {
  name: 'eaf',
  title: 'Labels (ELAN)',
  ending: { name: 'eaf' },
  labels: /\.eaf$/u,
  begins: (head) => head.includes('<ANNOTATION_DOCUMENT'),
  refuses: (_, ending) => (ending === 'eaf' ? { reason: 'not an ELAN document', isData: true } : null),
  records: textRecord,
  rows: (record) => labelsOf(xmlRoot(record as string)!),
  parse: (record, context) => rolloutLab.parse(record, context),
};

/** The labels in the document's properties, with the times of its tiers. Throws when it has none, or a tier two spans. */
function labelsOf(root: XmlElement): unknown[] {
  const labels = new Map<string, ReturnType<typeof labelObject>>();
  for (const one of children(childOf(root, 'HEADER'), 'PROPERTY')) {
    const number = property.exec(one.attributes.NAME ?? '')?.[1];
    if (number) labels.set(number, labelObject(JSON.parse(one.text)));
  }
  if (labels.size === 0) {
    throw new Error(
      'no property “rollout-lab label 1”, which says the rollout and its phases: only files exported from here are read',
    );
  }
  // Times count from the place in the first medium where ELAN’s user made them begin.
  const [medium] = children(childOf(root, 'HEADER'), 'MEDIA_DESCRIPTOR');
  const origin = Number(medium?.attributes.TIME_ORIGIN ?? 0) / 1000;
  const times = new Map(
    children(childOf(root, 'TIME_ORDER'), 'TIME_SLOT').map(({ attributes }) => [
      attributes.TIME_SLOT_ID,
      attributes.TIME_VALUE,
    ]),
  );
  for (const tier of children(root, 'TIER')) {
    const [, number, phase] = tierName.exec(tier.attributes.TIER_ID ?? '') ?? [];
    const grounding = labels.get(number)?.label.grounding;
    if (!grounding || Number(phase) > grounding.length) continue;
    const span = spanOf(tier, times, grounding[Number(phase) - 1]);
    grounding[Number(phase) - 1] = span && { start: span.start + origin, end: span.end + origin };
  }
  return [...labels.values()];
}

function spanOf(tier: XmlElement, times: ReadonlyMap<string, string>, exact: MediaSpan | null): MediaSpan | null {
  const [one, another] = children(tier, 'ANNOTATION');
  if (!one) return null;
  if (another)
    throw new Error(`tier “${tier.attributes.TIER_ID}” has more than one annotation: a phase talks about one span`);
  const { TIME_SLOT_REF1: from, TIME_SLOT_REF2: to } = childOf(one, 'ALIGNABLE_ANNOTATION').attributes;
  const [start, end] = [times.get(from), times.get(to)];
  if (start === undefined || end === undefined)
    throw new Error(`the annotation on tier “${tier.attributes.TIER_ID}” has no time`);
  return secondsOf({ start: Number(start), end: Number(end) }, exact);
}

function children(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}

function childOf(element: XmlElement, name: string): XmlElement {
  const [child] = children(element, name);
  if (!child) throw new Error(`${element.name} has no ${name}`);
  return child;
}
