/** What was done to a label or a rollout, in words. */
import { t } from '@vscode/l10n';
import { counted } from '../../../src/domain/counted.ts';
import { stepText, type StepJudgement } from '../../../src/domain/judgement.ts';
import { language } from '../../../src/domain/language.ts';
import type { Label, Phase } from '../../../src/domain/phase.ts';
import type { Mark } from '../../../src/domain/review.ts';
import type { ReviewActivity } from '../../../src/protocol/review.ts';
import { originText } from '../label/suggestion.ts';

/** "evidence 12 characters later": where boundaries are against those of `from`; empty when they are the same. */
export function movedText(from: readonly number[], to: readonly number[], phases: readonly Phase[]): string {
  const said = to.map((boundary, index) => {
    const by = boundary - from[index];
    const count = Math.abs(by);
    if (by === 0) return '';
    const [{ name }, far] = [phases[index + 1], counted(count, 'character')];
    return by > 0 ? t('{0} {1} later', name, far) : t('{0} {1} earlier', name, far);
  });
  return said.filter(Boolean).join(', ');
}

/** "labelled", "edited: evidence 12 characters later", "skipped: no sound", "accepted the label of ana". */
export function activityText(activity: ReviewActivity, phases: readonly Phase[]): string {
  switch (activity.kind) {
    case 'status':
      return statusText(activity.change, activity.reason);
    case 'tag':
      return activity.change === 'tagged'
        ? t('put the tag on: {0}', activity.tag)
        : t('took the tag off: {0}', activity.tag);
    case 'comment':
      return commentText(activity);
    case 'judgement':
      return judgementText(activity);
    case 'correction':
      return correctionText(activity);
    case 'preference':
      return preferenceText(activity);
    case 'review':
      return activity.verdict === 'accepted'
        ? t('accepted the label of {0}', activity.whose)
        : t('rejected the label of {0}', activity.whose);
    case 'label': {
      const { action, before, after, outdated } = activity;
      if (action === 'move') return t('brought to other phases');
      if (action === 'carry') return t('carried over to a changed text');
      if (action === 'set' && before === null) return t('labelled') + takenText(null, after);
      const done = { set: t('edited'), undo: t('undid an edit'), redo: t('redid an edit') }[action];
      if (outdated) return done;
      if (after === null) return t('{0}: no label is left', done);
      const changed = before && changeText(before, after, phases);
      return changed ? `${done}: ${changed}` : done;
    }
  }
}

function statusText(change: Mark, reason: string | null): string {
  if (change === 'open') return t('reopened');
  if (change === 'unflagged') return t('took the flag down');
  const done = { submitted: t('submitted'), skipped: t('skipped'), flagged: t('flagged') }[change];
  return reason ? `${done}: ${reason}` : done;
}

/** "judged a step wrong: visual perception", "took back what was said of a step". */
function judgementText({ action, before, after }: Extract<ReviewActivity, { kind: 'judgement' }>): string {
  if (action === 'carry') return t('judgements carried over to a changed text');
  if (action !== 'set') return action === 'undo' ? t('undid a judgement') : t('redid a judgement');
  const known = new Set(before.map(nameOf));
  const said = after.filter((step) => !known.has(nameOf(step))).map(stepText);
  return said.length > 0 ? t('judged a step {0}', said.join(t(', another '))) : t('took back what was said of a step');
}

/** "corrected the text". */
function correctionText({ action, gone }: Extract<ReviewActivity, { kind: 'correction' }>): string {
  if (action !== 'set') return action === 'undo' ? t('undid a correction') : t('redid a correction');
  return gone ? t('removed the correction') : t('corrected the text');
}

/** "said that it is better than another completion". */
function preferenceText({ action, verdict }: Extract<ReviewActivity, { kind: 'preference' }>): string {
  if (action !== 'set') return action === 'undo' ? t('undid a preference') : t('redid a preference');
  if (verdict === null) return t('took back which of two completions is better');
  if (verdict === 'tie') return t('said that it ties with another completion');
  return verdict === 'better'
    ? t('said that it is better than another completion')
    : t('said that it is worse than another completion');
}

const nameOf = (step: StepJudgement): string => JSON.stringify([step.start, step.end, step.verdict, step.error]);

/** "commented: “Why?”", "resolved the comment of ana: “Why?”". */
function commentText({ change, who, whose, body }: Extract<ReviewActivity, { kind: 'comment' }>): string {
  const words = [...body.replaceAll(/\s+/gu, ' ')];
  const said = `“${words.slice(0, 80).join('')}${words.length > 80 ? '…' : ''}”`;
  if (change === 'add') return t('commented: {0}', said);
  if (who === whose)
    return {
      edit: t('edited a comment: {0}', said),
      resolve: t('resolved a comment: {0}', said),
      reopen: t('reopened a comment: {0}', said),
      delete: t('deleted a comment: {0}', said),
    }[change];
  return {
    edit: t('edited the comment of {0}: {1}', whose, said),
    resolve: t('resolved the comment of {0}: {1}', whose, said),
    reopen: t('reopened the comment of {0}: {1}', whose, said),
    delete: t('deleted the comment of {0}: {1}', whose, said),
  }[change];
}

function changeText(before: Label, after: Label, phases: readonly Phase[]): string {
  const moved = movedText(before.boundaries, after.boundaries, phases) + takenText(before, after);
  const grounded = phases.filter((_, k) => {
    const [from, to] = [before.grounding[k], after.grounding[k]];
    return from?.start !== to?.start || from?.end !== to?.end;
  });
  const spans = grounded.map(({ name }) => t('what {0} talks about', name));
  return [moved, ...spans].filter(Boolean).join(', ');
}

/** " from rules 0.93" when the label was taken from a suggestion, or more of it was. */
function takenText(before: Label | null, after: Label | null): string {
  const origin = after?.origin;
  if (!origin || JSON.stringify(origin) === JSON.stringify(before?.origin)) return '';
  return ` ${t('from {0}', originText(origin))}`;
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
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}
