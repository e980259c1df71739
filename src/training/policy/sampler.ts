/** Draws a token from logits. */
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

export interface Drawn {
  id: number;
  /** At temperature 1 under the full distribution, whatever was cut to draw. */
  logProb: number;
  /** Of that distribution, in nats. */
  entropy: number;
}

/** One token from `logits` [vocabulary]. Greedy takes the first of equals and no random number. */
export function draw(logits: Float32Array, { temperature, topP, topK }: Sampling, random: Random): Drawn {
  let best = 0;
  for (let i = 1; i < logits.length; i += 1) if (logits[i] > logits[best]) best = i;
  const likelihoods = exponentials(logits, logits[best], 1);
  const mass = likelihoods.reduce((sum, likelihood) => sum + likelihood, 0);
  let behind = 0;
  for (let i = 0; i < logits.length; i += 1)
    if (likelihoods[i] > 0) behind += likelihoods[i] * (logits[i] - logits[best]);
  const entropy = Math.log(mass) - behind / mass;
  const drawn = (id: number): Drawn => ({ id, logProb: logits[id] - logits[best] - Math.log(mass), entropy });
  if (temperature === 0) return drawn(best);
  const weights = temperature === 1 ? likelihoods : exponentials(logits, logits[best], temperature);
  if (topK === 0 && topP === 1) return drawn(random.weighted(weights));
  const kept = nucleus(weights, topP, topK);
  return drawn(kept[random.weighted(kept.map((id) => weights[id]))]);
}

/** exp((logit − highest) / temperature) of every logit. */
function exponentials(logits: Float32Array, highest: number, temperature: number): Float64Array {
  const values = new Float64Array(logits.length);
  for (let i = 0; i < values.length; i += 1) values[i] = Math.exp((logits[i] - highest) / temperature);
  return values;
}

/** The ids that top-k, then top-p, leave: most likely first, at least one. */
function nucleus(weights: Float64Array, topP: number, topK: number): number[] {
  const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a] || a - b);
  const top = topK === 0 ? order : order.slice(0, topK);
  const needed = topP * top.reduce((sum, id) => sum + weights[id], 0);
  let reached = 0;
  const end = top.findIndex((id) => (reached += weights[id]) >= needed);
  return top.slice(0, end < 0 ? top.length : end + 1);
}
