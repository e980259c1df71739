/** Sentences of the report, each computed from its numbers. */
import type { Estimate } from '../domain/statistics.ts';
import { directionOf, type ArmFinding, type Comparison, type Direction } from './measured.ts';

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (share: number): string => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;
const known = ({ low }: Estimate): boolean => Number.isFinite(low);

/** "62.1 % (60.0 to 64.2)". */
export function percentText(estimate: Estimate): string {
  const interval = known(estimate)
    ? ` (${(100 * estimate.low).toFixed(1)} to ${(100 * estimate.high).toFixed(1)})`
    : '';
  return `${percent(estimate.value)}${interval}`;
}

/** "+1.2 (−0.5 to +2.9)", in percentage points. */
export function pointsText(estimate: Estimate): string {
  return `${points(estimate.value)}${known(estimate) ? ` (${points(estimate.low)} to ${points(estimate.high)})` : ''}`;
}

/** "1,280 (900 to 1,660)"; "≥" before a mean that some runs bound from below alone. */
export function countText(estimate: Estimate, bounded: boolean): string {
  const whole = (value: number): string => Math.round(Math.max(value, 0)).toLocaleString('en');
  const interval = known(estimate) ? ` (${whole(estimate.low)} to ${whole(estimate.high)})` : '';
  return `${bounded ? '≥ ' : ''}${whole(estimate.value)}${interval}`;
}

/** "0.42 (0.31 to 0.55)". */
export function ratioText({ value, low, high }: Estimate): string {
  return `${value.toFixed(2)}${Number.isFinite(low) ? ` (${low.toFixed(2)} to ${high.toFixed(2)})` : ''}`;
}

const completionsOf = ({ completions: { bootstrap, geometric } }: Comparison): Direction =>
  directionOf(1, bootstrap, geometric);

/** The paper's five-fold saving against one-step GRPO. */
export function opponentSentence(found: Comparison): string {
  if (neverHeld(found)) return neverText(found);
  const { bootstrap, geometric } = found.completions;
  const claim = 0.2;
  const verdict =
    bootstrap.high <= claim && geometric.high <= claim
      ? '**the paper’s five-fold saving is met, beyond the noise of the seeds**'
      : bootstrap.value <= claim
        ? `**the paper’s five-fold saving is met on average**, but the interval reaches ${Math.max(bootstrap.high, geometric.high).toFixed(2)}`
        : '**the paper’s five-fold saving is not met**';
  return `Against GRPO with one step a batch, the paper’s opponent, AVATAR needs ${ratioText(bootstrap)} of the completions to hold the target${unreachedText(found)}: ${verdict}.`;
}

/** Whether AVATAR needs fewer completions than an arm that takes as many steps. */
export function matchedSentence(found: Comparison): string {
  const own = avatar(found);
  if (neverHeld(found)) return neverText(found);
  const verdict = {
    less: '**fewer, beyond the noise of the seeds**',
    more: '**more, beyond the noise of the seeds**',
    unclear:
      found.pairs === 1 ? '**one seed cannot tell**' : '**no difference that the noise of the seeds could not make**',
  }[completionsOf(found)];
  const { bootstrap, geometric } = found.completions;
  return `Against ${arm(found.against)}, ${own} needs ${ratioText(bootstrap)} of the completions (pair by pair ${ratioText(geometric)})${unreachedText(found)}: ${verdict}; it ends ${pointsText(found.final)} points from it.`;
}

const avatar = (found: Comparison): string => (found.arm === 'main/avatar' ? 'AVATAR' : `AVATAR (${arm(found.arm)})`);

const neverHeld = ({ unreached: [own, others], pairs }: Comparison): boolean => own + others === 2 * pairs;
const neverText = (found: Comparison): string =>
  `No run of ${arm(found.arm)} nor of ${arm(found.against)} held the target: they cannot be compared by completions. ${avatar(found)} ends ${pointsText(found.final)} points from it.`;

function unreachedText({ unreached: [own, others], pairs }: Comparison): string {
  if (own + others === 0) return '';
  return ` (${own} of ${pairs} runs of its own and ${others} of the other’s never held it and count with the longest budget)`;
}

/** What one arm does against another. Accuracy on the way alone decides, so that one comparison is one chance of an error. */
export function effectSentence(what: string, found: Comparison): string {
  const measures = [
    `accuracy on the way ${pointsText(found.average)} points, at the end ${pointsText(found.final)}`,
    found.completions.bootstrap.value > 0 && !neverHeld(found)
      ? `${ratioText(found.completions.bootstrap)} of the completions${unreachedText(found)}`
      : null,
  ].filter((text) => text !== null);
  const effect = {
    more: 'It helps.',
    less: 'It hurts.',
    unclear: found.pairs === 1 ? 'One seed cannot tell.' : 'No difference beyond the noise of the seeds.',
  }[directionOf(0, found.average)];
  return `${what} (${arm(found.arm)} against ${arm(found.against)}, ${found.pairs} ${found.pairs === 1 ? 'seed' : 'seeds'}): ${measures.join(', ')}. **${effect}**`;
}

/** What the steps on a batch do, `passes` and `quarters` being as many of each against one. */
export function stepsSentence(passes: Comparison, quarters: Comparison): string {
  const [again, once] = [passes, quarters].map(({ average }) => directionOf(0, average));
  const more = 'More gradient steps on a batch';
  const verdict =
    again === 'more' && once === 'more'
      ? `${more} help as passes and on disjoint quarters, where no row is read twice`
      : again === 'more'
        ? `${more} help as passes over all rows; on disjoint quarters, where no row is read twice, ${once === 'less' ? 'they hurt' : 'no gain is beyond the noise'}`
        : once === 'more'
          ? `${more} help on disjoint quarters; as passes over all rows ${again === 'less' ? 'they hurt' : 'no gain is beyond the noise'}`
          : `${more} bring no gain beyond the noise, neither as passes nor on disjoint quarters`;
  return `**${verdict}** (on the way, against one step: ${pointsText(passes.average)} and ${pointsText(quarters.average)} points).`;
}

/** How the gain of weights goes with the length of reasoning: the paper's grows. */
export function lengthSentence(found: Comparison): string {
  const [short, middle, long] = found.byLength;
  const grows = long.value > short.value ? 'larger' : 'not larger';
  const sure = directionOf(0, long) === 'unclear' ? ', within the noise' : '';
  return `${arm(found.arm)} against uniform weights by length of reasoning: short ${pointsText(short)}, middle ${pointsText(middle)}, long ${pointsText(long)} points: ${grows} for long reasoning${sure}.`;
}

/** Whether arms end below their best. */
export function stabilitySentence(arms: readonly ArmFinding[]): string {
  const parts = arms.map(
    ({ arm: name, drop, collapsed, runs }) => `\`${name}\` ${percent(drop.value)}, ${collapsed} of ${runs}`,
  );
  return `Late drop from the best, and runs that collapsed: ${parts.join('; ')}.`;
}

/** An arm by name, with its setting unless that is the main one. */
export const arm = (name: string): string => `\`${name.replace(/^main\//, '')}\``;

export const section = (title: string, ...parts: (string | false)[]): string =>
  [`## ${title}`, ...parts].filter(Boolean).join('\n\n');
export const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');

/** Rows of a Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
