/** Why a completion ended. */

/** At the limit of tokens, by the names that generators and trainers give it. */
const limits = ['length', 'max_tokens', 'max_length', 'max_new_tokens', 'max_completion_tokens', 'truncated'];
/** As the policy ended it. */
const stops = ['stop', 'eos', 'eos_token', 'end_turn', 'stop_sequence', 'completed', 'finished'];

/** 'stop' where the policy ended it, 'length' where it was cut off at the limit, another word as it is; null where nothing is said. */
export function finishNamed(word: string): string | null {
  const plain = word.trim().toLowerCase();
  if (limits.includes(plain)) return 'length';
  return stops.includes(plain) ? 'stop' : plain || null;
}

/** In words; null where there is nothing to say: it ended as it should, or nobody knows. */
export function finishText(finish: string | null | undefined): string | null {
  if (!finish || finish === 'stop') return null;
  return finish === 'length' ? 'cut off at the limit' : `ended by “${finish}”`;
}
