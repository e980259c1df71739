/** Suggests phases by rules alone: sentences, tags, discourse markers and times. Needs no label. */
import { bestPlaces, emptyChain, posteriorOf } from './chain.ts';
import { markedPhases, markersOf, type MarkedPhase } from './markers.ts';
import { beginning, readText } from './sentences.ts';
import type { Suggestion } from './suggestion.ts';

/** Says why the rules have nothing to offer for a schema, or null when they know all its phases. */
export function rulesFault(phases: readonly string[]): string | null {
  const unknown = phases.filter((name) => !isMarked(name));
  if (unknown.length === 0) return null;
  const names = unknown.map((name) => `“${name}”`).join(', ');
  return `the rules know ${markedPhases.join(', ')}, not ${names}: label some rollouts, and the tagger learns from them`;
}

/**
 * The best segmentation of `text` into `phases` (names, in order) at sentence starts, where a sentence's markers speak for their
 * phases. Its scores are the rules' own, not calibrated. Null when there is a `rulesFault`.
 */
export function suggestByRules(text: string, phases: readonly string[]): Suggestion | null {
  if (!phases.every(isMarked)) return null;
  const { starts, sentences } = readText(text);
  const chain = emptyChain(sentences.length, phases.length);
  sentences.forEach((sentence, t) => {
    const found = markersOf(sentence);
    phases.forEach((phase, k) => (chain.unit[t * phases.length + k] = found[phase]));
  });
  const places = bestPlaces(chain);
  const { crossing, entropy } = posteriorOf(chain);
  return {
    source: 'rules',
    boundaries: places.map((place) => {
      const first = starts[sentences[place]?.from];
      return first === undefined ? text.length : beginning(text, first);
    }),
    scores: places.map((place, k) => crossing[place * (phases.length - 1) + k]),
    entropy,
  };
}

function isMarked(name: string): name is MarkedPhase {
  return (markedPhases as readonly string[]).includes(name);
}
