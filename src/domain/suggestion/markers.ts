/** What in a sentence tells which phase it belongs to: tags, discourse markers, times. English, as the reasoning of the field is. */
import { timeMentions } from '../time-mention.ts';
import type { Sentence } from './sentences.ts';

/** The phases that have rules. */
export const markedPhases = ['planning', 'evidence', 'synthesis'] as const;
export type MarkedPhase = (typeof markedPhases)[number];

interface Marker {
  phase: MarkedPhase;
  pattern: RegExp;
  /** How much it tells, in nats. */
  weight: number;
}

const markers: readonly Marker[] = [
  {
    phase: 'planning',
    weight: 3,
    pattern:
      /^(?:okay|ok|alright|well|now|hmm)?[,.]?\s*(?:let me|let's|let us|i (?:need|want|have|should|must)\b|i(?:'ll| will| am going to|'m going to)\b|we (?:need|want|have to|should|must)\b|to (?:answer|solve|find|determine|figure|decide)\b|my plan|the plan|step \d|the (?:question|task|problem) (?:asks|is|wants|requires))/iu,
  },
  { phase: 'planning', weight: 1.5, pattern: /^(?:first(?:ly)?|to begin|to start|start by|before)\b/iu },
  {
    phase: 'planning',
    weight: 1,
    pattern: /\b(?:then i|i look|i listen|look for|listen for|check whether|find out)\b/iu,
  },
  {
    phase: 'evidence',
    weight: 2,
    pattern:
      /\b(?:i (?:can )?(?:see|hear|notice|observe)|we (?:can )?(?:see|hear|notice|observe)|(?:is|are) (?:visible|audible|shown|seen|heard))\b/iu,
  },
  {
    phase: 'evidence',
    weight: 1.5,
    pattern:
      /\b(?:(?:in|on|from) the (?:video|audio|clip|frames?|footage|scene|background|screen|soundtrack|recording)|the (?:video|audio|clip|frames?|footage|soundtrack) (?:shows?|opens|begins|starts|contains|has))\b/iu,
  },
  {
    phase: 'evidence',
    weight: 0.75,
    pattern: /\b(?:enters?|appears?|shows?|sounds?|plays?|starts?|stops?|moves?|says?|speaks?|holds?|wears?)\b/iu,
  },
  {
    phase: 'synthesis',
    weight: 4,
    pattern:
      /^(?:so|therefore|thus|hence|consequently|accordingly|as a result|in conclusion|to conclude|in summary)\b/iu,
  },
  {
    phase: 'synthesis',
    weight: 2,
    pattern:
      /^(?:overall|taken together|putting (?:this|it|these)|combining|based on|given (?:this|that|these)|this (?:means|suggests|implies|indicates|confirms|tells)|that means|since|because|finally)\b/iu,
  },
  {
    phase: 'synthesis',
    weight: 3,
    pattern: /\b(?:the|my|our) (?:\w+ )?(?:answer|option|choice) (?:is|must be|should be|would be)\b|\\boxed\b/iu,
  },
];

/** Tags whose content is one phase. */
const tagPhases: Readonly<Record<string, MarkedPhase>> = {
  ...{ plan: 'planning', planning: 'planning', strategy: 'planning' },
  ...{
    evidence: 'evidence',
    observe: 'evidence',
    observation: 'evidence',
    perception: 'evidence',
    caption: 'evidence',
  },
  ...{ description: 'evidence', look: 'evidence', listen: 'evidence', summary: 'synthesis', conclusion: 'synthesis' },
  ...{ synthesis: 'synthesis', answer: 'synthesis' },
};
const tagWeight = 6;
const timeWeight = 2;
/** Statements without a marker are what was perceived, more often than not. */
const unmarkedWeight = 0.5;

/** How much of each phase a sentence shows, in nats. */
export function markersOf({ text, tags }: Sentence): Record<MarkedPhase, number> {
  const found = { planning: 0, evidence: 0, synthesis: 0 };
  for (const { phase, pattern, weight } of markers) if (pattern.test(text)) found[phase] += weight;
  const tagged = tags.map((name) => tagPhases[name]).findLast((phase) => phase !== undefined);
  if (tagged) found[tagged] += tagWeight;
  if (timeMentions(text).length > 0) found.evidence += timeWeight;
  if (Object.values(found).every((weight) => weight === 0)) found.evidence = unmarkedWeight;
  return found;
}
