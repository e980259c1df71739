/** A suggestion: the phases that a program proposes, with how sure it is. */
import * as v from 'valibot';

/** An agent is a program of somebody else's that reads the store and proposes phases (docs/agents.md), each a source of its own. */
export type AgentSource = `agent:${string}`;
/** A language model that is asked for phases (docs/labels.md, "A language model"), each a source of its own. */
export type ModelSource = `model:${string}`;
export type SuggestionSource = 'rules' | 'tagger' | AgentSource | ModelSource;

const agentPrefix = 'agent:';
const longestAgent = 40;
const modelPrefix = 'model:';
const longestModel = 80;

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

export function isModelSource(source: string): source is ModelSource {
  return source.startsWith(modelPrefix) && source.length > modelPrefix.length;
}

/** The source of the suggestions of a language model, by its name: letters, digits and the signs that such names have. */
export function modelSource(name: string): ModelSource {
  const plain =
    name
      .normalize('NFKC')
      .match(/[\p{L}\p{N}.:/_-]+/gu)
      ?.join('-') ?? 'unnamed';
  return `${modelPrefix}${[...plain].slice(0, longestModel).join('')}`;
}

/** Whether its suggestions are a language model's, however that came to them: what it read may have told it where to put them. */
export const isOfLanguageModel = (source: string): boolean => isAgentSource(source) || isModelSource(source);

/** A source as files and pages have it. */
export const suggestionSource = v.custom<SuggestionSource>(
  (source) => source === 'rules' || source === 'tagger' || (typeof source === 'string' && isOfLanguageModel(source)),
  'must be rules, tagger, agent:NAME or model:NAME',
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
