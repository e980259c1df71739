/** A suggestion: the phases that a program proposes, with how sure it is. */
import * as v from 'valibot';

/** An agent is a program of somebody else's that reads the store and proposes phases (docs/agents.md), each a source of its own. */
export type AgentSource = `agent:${string}`;
export type SuggestionSource = 'rules' | 'tagger' | AgentSource;

const agentPrefix = 'agent:';
const longestAgent = 40;

export function isAgentSource(source: string): source is AgentSource {
  return source.startsWith(agentPrefix) && source.length > agentPrefix.length;
}

/** The source of the suggestions of an agent, by what it calls itself: "Night Reader" is agent:night-reader. */
export function agentSource(name: string): AgentSource {
  const plain =
    name
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join('-') ?? 'unnamed';
  return `${agentPrefix}${[...plain].slice(0, longestAgent).join('')}`;
}

/** A source as files and pages have it. */
export const suggestionSource = v.custom<SuggestionSource>(
  (source) => source === 'rules' || source === 'tagger' || (typeof source === 'string' && isAgentSource(source)),
  'must be rules, tagger or agent:NAME',
);

/** The suggestion that a label was taken from, however it was edited since. */
export interface LabelOrigin {
  source: SuggestionSource;
  /** Of each boundary as it was suggested; null where it was not taken. */
  scores: (number | null)[];
}

export interface Suggestion {
  source: SuggestionSource;
  /** UTF-16 offsets, one fewer than phases. */
  boundaries: number[];
  /** Of each boundary: the probability that it is at just this word, or for the rules this sentence. */
  scores: number[];
  /** Of the distribution over all segmentations, in nats: how much a label of this text would tell. */
  entropy: number;
}
