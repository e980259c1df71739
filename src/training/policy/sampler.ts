/** Draws a token from a distribution over the vocabulary. */
import type { Random } from '../../domain/random.ts';

export interface Sampling {
  /** 0 is greedy. */
  temperature: number;
  /** Keeps the fewest most likely tokens whose probability reaches this (Holtzman et al., arXiv 1904.09751); 1 keeps all. */
  topP: number;
  /** Keeps the k most likely tokens; 0 keeps all. */
  topK: number;
  maxNewTokens: number;
}

/** The id of one token, drawn from `probabilities` [vocabulary]. Greedy takes the first of equals and no random number. */
export function draw(probabilities: Float32Array, { temperature, topP, topK }: Sampling, random: Random): number {
  if (temperature === 0) return likeliest(probabilities);
  const weights = temperature === 1 ? probabilities : tempered(probabilities, temperature);
  if (topK === 0 && topP === 1) return random.weighted(weights);
  const kept = nucleus(weights, topP, topK);
  return kept[random.weighted(kept.map((id) => weights[id]))];
}

function likeliest(probabilities: Float32Array): number {
  let best = 0;
  for (let i = 1; i < probabilities.length; i += 1) if (probabilities[i] > probabilities[best]) best = i;
  return best;
}

/** (probability / the highest) ^ (1 / temperature) of every token. */
function tempered(probabilities: Float32Array, temperature: number): Float64Array {
  const highest = probabilities[likeliest(probabilities)];
  return Float64Array.from(probabilities, (share) => Math.exp(Math.log(share / highest) / temperature));
}

/** The ids that top-k, then top-p, leave: most likely first, at least one. */
function nucleus(weights: Float32Array | Float64Array, topP: number, topK: number): number[] {
  const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a] || a - b);
  const top = topK === 0 ? order : order.slice(0, topK);
  const needed = topP * top.reduce((sum, id) => sum + weights[id], 0);
  let reached = 0;
  const end = top.findIndex((id) => (reached += weights[id]) >= needed);
  return top.slice(0, end < 0 ? top.length : end + 1);
}
