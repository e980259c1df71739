/** The sample project's judge: checks what a completion says of each second against the true events of the clip. */
import type { Judge } from './reward.ts';
import type { Prompt, TrueEvent } from './rollout.ts';

/** What the second of a statement shows and sounds: "At 0:03 red enters, low." The verbs are free. */
const statement = /\bAt (?<minutes>\d+):(?<seconds>\d{2}) (?<colour>\w+)(?: \w+)?, (?<tone>\w+)(?: \w+)?\./gu;

/**
 * A score for each evidence statement of a completion: half for the colour on screen in its second ("dark" when there is none), half
 * for the tone ("silent"). A second that was already told earns 0, and one after the last event is not scored: so nothing is
 * gained by saying more than there is.
 */
export function evidenceScores(events: readonly TrueEvent[], completion: string): number[] {
  const end = Math.max(...events.map((event) => event.end));
  const told = new Set<number>();
  const scores: number[] = [];
  for (const { groups } of completion.matchAll(statement)) {
    const second = Number(groups!.minutes) * 60 + Number(groups!.seconds);
    if (second >= end) continue;
    const at = (kind: string): TrueEvent | undefined =>
      events.find((event) => event.kind === kind && event.start <= second && second < event.end);
    const colour = at('shape')?.colour ?? 'dark';
    const tone = at('tone')?.tone ?? 'silent';
    const right = (groups!.colour === colour ? 0.5 : 0) + (groups!.tone === tone ? 0.5 : 0);
    scores.push(told.has(second) ? 0 : right);
    told.add(second);
  }
  return scores;
}

const sceneJudge: Judge = {
  name: 'true events',
  score: ({ events }, completion) => Promise.resolve(evidenceScores(events!, completion)),
};

/** Who judges the reasoning about a prompt; null where no true events of colours and tones are known. */
export function judgeOf({ events }: Pick<Prompt, 'events'>): Judge | null {
  const known = events?.some(({ kind, colour, tone }) => (kind === 'shape' ? colour : kind === 'tone' && tone));
  return known ? sceneJudge : null;
}
