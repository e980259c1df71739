/** Who does what the page is asked: each room has handlers of its own kinds of action, and the app joins them. */
import type { PageAction } from './page-action.ts';

type Kind = PageAction['kind'];

/** The actions of this kind; one type may stand for several kinds. */
export type ActionOf<K extends Kind> = PageAction extends infer Action
  ? Action extends { kind: infer Kinds }
    ? K extends Kinds
      ? Action
      : never
    : never
  : never;

/** One for each kind; false when there was nothing to do it on, so that a key goes on to the editor. */
export type Handlers<K extends Kind> = { [Each in K]: (action: ActionOf<Each>) => boolean | void };
