/** What was done to a label or a rollout, in words. */
import { stepText, type StepJudgement } from '../../../src/domain/judgement.ts';
import type { Label, Phase } from '../../../src/domain/phase.ts';
import type { Mark } from '../../../src/domain/review.ts';
import type { ReviewActivity } from '../../../src/protocol/review.ts';
import { originText } from '../label/suggestion.ts';

/** "evidence 12 characters later": where boundaries are against those of `from`; empty when they are the same. */
export function movedText(from: readonly number[], to: readonly number[], phases: readonly Phase[]): string {
  const said = to.map((boundary, index) => {
    const by = boundary - from[index];
    const count = Math.abs(by);
    return by === 0
      ? ''
      : `${phases[index + 1].name} ${count} character${count === 1 ? '' : 's'} ${by > 0 ? 'later' : 'earlier'}`;
  });
  return said.filter(Boolean).join(', ');
}

/** "labelled", "edited: evidence 12 characters later", "skipped: no sound", "accepted the label of ana". */
export function activityText(activity: ReviewActivity, phases: readonly Phase[]): string {
  switch (activity.kind) {
    case 'status':
      return statusText(activity.change, activity.reason);
    case 'tag':
      return `${activity.change === 'tagged' ? 'put the tag on' : 'took the tag off'}: ${activity.tag}`;
    case 'comment':
      return commentText(activity);
    case 'judgement':
      return judgementText(activity);
    case 'correction':
      return correctionText(activity);
    case 'preference':
      return preferenceText(activity);
    case 'review':
      return `${activity.verdict} the label of ${activity.whose}`;
    case 'label': {
      const { action, before, after, outdated } = activity;
      if (action === 'move') return 'brought to other phases';
      if (action === 'carry') return 'carried over to a changed text';
      if (action === 'set' && before === null) return `labelled${takenText(null, after)}`;
      const done = { set: 'edited', undo: 'undid an edit', redo: 'redid an edit' }[action];
      if (outdated) return done;
      if (after === null) return `${done}: no label is left`;
      const changed = before && changeText(before, after, phases);
      return changed ? `${done}: ${changed}` : done;
    }
  }
}

function statusText(change: Mark, reason: string | null): string {
  if (change === 'open') return 'reopened';
  if (change === 'unflagged') return 'took the flag down';
  return reason ? `${change}: ${reason}` : change;
}

/** "judged a step wrong: visual perception", "took back what was said of a step". */
function judgementText({ action, before, after }: Extract<ReviewActivity, { kind: 'judgement' }>): string {
  if (action === 'carry') return 'judgements carried over to a changed text';
  if (action !== 'set') return action === 'undo' ? 'undid a judgement' : 'redid a judgement';
  const known = new Set(before.map(nameOf));
  const said = after.filter((step) => !known.has(nameOf(step))).map(stepText);
  return said.length > 0 ? `judged a step ${said.join(', another ')}` : 'took back what was said of a step';
}

/** "corrected the text". */
function correctionText({ action, gone }: Extract<ReviewActivity, { kind: 'correction' }>): string {
  if (action !== 'set') return action === 'undo' ? 'undid a correction' : 'redid a correction';
  return gone ? 'removed the correction' : 'corrected the text';
}

/** "said that it is better than another completion". */
function preferenceText({ action, verdict }: Extract<ReviewActivity, { kind: 'preference' }>): string {
  if (action !== 'set') return action === 'undo' ? 'undid a preference' : 'redid a preference';
  if (verdict === null) return 'took back which of two completions is better';
  return `said that it ${verdict === 'tie' ? 'ties with' : `is ${verdict} than`} another completion`;
}

const nameOf = (step: StepJudgement): string => JSON.stringify([step.start, step.end, step.verdict, step.error]);

/** "commented: “Why?”", "resolved the comment of ana: “Why?”". */
function commentText({ change, who, whose, body }: Extract<ReviewActivity, { kind: 'comment' }>): string {
  const words = [...body.replaceAll(/\s+/gu, ' ')];
  const said = `“${words.slice(0, 80).join('')}${words.length > 80 ? '…' : ''}”`;
  if (change === 'add') return `commented: ${said}`;
  const did = { edit: 'edited', resolve: 'resolved', reopen: 'reopened', delete: 'deleted' }[change];
  return `${did} ${who === whose ? 'a comment' : `the comment of ${whose}`}: ${said}`;
}

function changeText(before: Label, after: Label, phases: readonly Phase[]): string {
  const moved = movedText(before.boundaries, after.boundaries, phases) + takenText(before, after);
  const grounded = phases.filter((_, k) => {
    const [from, to] = [before.grounding[k], after.grounding[k]];
    return from?.start !== to?.start || from?.end !== to?.end;
  });
  const spans = grounded.map(({ name }) => `what ${name} talks about`);
  return [moved, ...spans].filter(Boolean).join(', ');
}

/** " from rules 0.93" when the label was taken from a suggestion, or more of it was. */
function takenText(before: Label | null, after: Label | null): string {
  const origin = after?.origin;
  if (!origin || JSON.stringify(origin) === JSON.stringify(before?.origin)) return '';
  return ` from ${originText(origin)}`;
}

/** "3 minutes ago". */
export function agoText(at: string, now: number): string {
  const seconds = (Date.parse(at) - now) / 1000;
  const steps = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const;
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}
