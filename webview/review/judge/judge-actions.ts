/** What is done to steps: judged by keys and buttons, gone through, and undone in turn with the label's edits. */
import type { StepVerdict } from '../../../src/domain/judgement.ts';
import type { CorrectionState } from '../../../src/domain/correction.ts';
import type { PreferenceChange, PreferenceState } from '../../../src/domain/preference.ts';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { Said } from '../actions/said.ts';
import type { LabelPage } from '../label/label-actions.ts';
import type { Judging } from './judging.ts';
import { stepAt, type Step } from './steps.ts';

export interface JudgePage extends Page, LabelPage {
  readonly judging: Judging;
  /** What is said of the rollout against others. */
  readonly preferring: Said<PreferenceState, PreferenceChange>;
  /** What is written in its place. */
  readonly correcting: Said<CorrectionState, string | null>;
  /** The phases as steps; none while there are no phases. */
  readonly steps: readonly Step[];
  readonly errorChooser: { open(chosen: string | null): void };
}

type JudgeKind = 'judge' | 'errorType' | 'error' | 'nextPhase' | 'undo' | 'redo';

export function judgeActions(page: JudgePage): Handlers<JudgeKind> {
  // One after the other: which was last is another one once that is undone.
  let steps = Promise.resolve();
  const inTurn = (action: 'undo' | 'redo') => (): void => {
    steps = steps.then(() => step(page, action)).catch((error: Error) => void (page.notice = error.message));
  };
  return {
    judge: ({ verdict }) => judge(page, verdict),
    errorType: () => {
      const judged = stepAt(page.steps, page.caret)?.said;
      if (judged && judged.verdict !== 'correct') page.errorChooser.open(judged.error);
      else page.notice = 'a type of error is of a phase that is wrong or unsupported: say that first';
    },
    error: ({ error }) => {
      page.do(withError(page, error));
      page.focusText();
    },
    nextPhase: () => {
      const { steps } = page;
      const here = stepAt(page.steps, page.caret);
      const next = steps.find(({ start, end }) => start > (here?.start ?? -1) && end > start) ?? steps[0];
      if (next) page.act({ kind: 'caret', offset: next.start });
      else page.notice = noPhases;
    },
    undo: inTurn('undo'),
    redo: inTurn('redo'),
  };
}

const noPhases = 'there are no phases to judge yet: label them, or have the command Suggest Phases propose some';

/** What is said already is taken back. */
function judge(page: JudgePage, verdict: StepVerdict): void {
  const here = stepAt(page.steps, page.caret);
  if (!here) {
    page.notice = noPhases;
    return;
  }
  const { start, end, said, moved } = here;
  page.notice = '';
  const isTakenBack = said?.verdict === verdict && !moved;
  const error = verdict === 'correct' ? null : (said?.error ?? null);
  // The project may have let go of its type.
  const kept = page.shown?.errorTypes.some(({ name }) => name === error) ? error : null;
  page.do(page.judging.say({ start, end, verdict: isTakenBack ? null : verdict, error: isTakenBack ? null : kept }));
  if (!isTakenBack && verdict === 'wrong') page.errorChooser.open(kept);
}

/** Of the step at the caret, once what was said of it last is saved. */
async function withError(page: JudgePage, error: string | null): Promise<void> {
  await page.judging.settled();
  const judged = stepAt(page.steps, page.caret)?.said;
  if (judged && judged.verdict !== 'correct') await page.judging.say({ ...judged, error });
}

/** Takes back, or makes again, what was done last: to the label, to what is said of its steps or of it against others, or to its correction. */
async function step(page: JudgePage, action: 'undo' | 'redo'): Promise<void> {
  const { session, judging, preferring, correcting, labelKey, host } = page;
  if (!session || !labelKey) return;
  await Promise.all([session.settled(), judging.settled(), preferring.settled(), correcting.settled()]);
  // An edit that no store has is given up first.
  const isLabels = action === 'undo' && session.unsaved !== null;
  switch (isLabels ? 'label' : await host.request('lastStep', { ...labelKey, action })) {
    case 'judgement':
      return judging.step(action);
    case 'preference':
      await preferring.step(action);
      // It may stand nowhere in sight.
      page.notice =
        action === 'undo' ? 'took back which completion is better' : 'said again which completion is better';
      return;
    case 'correction':
      await correcting.step(action);
      page.notice =
        action === 'undo' ? 'took back a change of the correction' : 'made a change of the correction again';
      return;
    case 'label':
    case null:
      session[action]();
      await session.settled();
  }
}
