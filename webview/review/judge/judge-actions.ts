/** What is done to steps: judged by keys and buttons, gone through, and undone in turn with the label's edits. */
import { t } from '@vscode/l10n';
import { stepOn, type StepVerdict } from '../../../src/domain/judgement.ts';
import type { CorrectionChange, CorrectionState } from '../../../src/domain/correction.ts';
import type { PreferenceChange, PreferenceState } from '../../../src/domain/preference.ts';
import type { Preferences } from '../../../src/protocol/review.ts';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { Said } from '../actions/said.ts';
import type { LabelPage } from '../label/label-actions.ts';
import type { Judging } from './judging.ts';
import { nextJudged, type Judged, type Step } from './steps.ts';

export interface JudgePage extends Page, LabelPage {
  readonly judging: Judging;
  /** What is said of the rollout against others. */
  readonly preferring: Said<PreferenceState, PreferenceChange>;
  /** What is written in its place. */
  readonly correcting: Said<CorrectionState, CorrectionChange>;
  /** The phases as steps; none while there are no phases. */
  readonly steps: readonly Step[];
  /** What the keys judge; null while there is nothing to judge. */
  readonly judged: Judged | null;
  readonly preferences: Preferences;
  readonly errorChooser: { open(chosen: string | null): void };
}

type JudgeKind = 'judge' | 'judgeBy' | 'errorType' | 'error' | 'nextPhase' | 'undo' | 'redo';

export function judgeActions(page: JudgePage): Handlers<JudgeKind> {
  // One after the other: which was last is another one once that is undone.
  let steps = Promise.resolve();
  const inTurn = (action: 'undo' | 'redo') => (): void => {
    steps = steps.then(() => step(page, action)).catch((error: Error) => void (page.notice = error.message));
  };
  // What its type of error is chosen for, whatever becomes of caret and selection meanwhile.
  let asked: Judged | null = null;
  const ask = (judged: Judged, error: string | null): void => {
    asked = judged;
    page.errorChooser.open(error);
  };
  return {
    judge: ({ verdict }) => judge(page, verdict, ask),
    judgeBy: () => {
      const judgeBy = page.preferences.judgeBy === 'phase' ? 'sentence' : 'phase';
      page.act({ kind: 'prefer', change: { judgeBy } });
      page.notice =
        judgeBy === 'phase'
          ? t('what is judged is the phase at the caret')
          : t('what is judged is the sentence at the caret');
    },
    errorType: () => {
      const { judged } = page;
      if (judged?.said && judged.said.verdict !== 'correct') ask(judged, judged.said.error);
      else page.notice = t('a type of error is of text that is wrong or unsupported: say that first');
    },
    error: ({ error }) => {
      if (asked) page.do(withError(page, asked, error));
      page.focusText();
    },
    nextPhase: () => {
      getSelection()?.empty();
      const next = nextJudged(page.shown?.rollout.completion ?? '', page.judged, page.steps);
      if (next === null) page.notice = noPhases;
      else page.act({ kind: 'caret', offset: next });
    },
    undo: inTurn('undo'),
    redo: inTurn('redo'),
  };
}

const noPhases = t(
  'there are no phases to judge yet: label them, have the command Suggest Phases propose some, or judge by sentence',
);

/** What is said already is taken back. */
function judge(page: JudgePage, verdict: StepVerdict, ask: (judged: Judged, error: string | null) => void): void {
  const here = page.judged;
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
  if (moved) page.notice = t('this takes the place of what was said of other text here');
  if (!isTakenBack && verdict === 'wrong') ask(here, kept);
}

/** Once what was said of it last is saved. */
async function withError(page: JudgePage, of: Judged, error: string | null): Promise<void> {
  await page.judging.settled();
  const judged = stepOn(page.judging.state.steps, of)?.step;
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
        action === 'undo' ? t('took back which completion is better') : t('said again which completion is better');
      return;
    case 'correction':
      await correcting.step(action);
      page.notice =
        action === 'undo' ? t('took back a change of the correction') : t('made a change of the correction again');
      return;
    case 'label':
    case null:
      session[action]();
      await session.settled();
  }
}
