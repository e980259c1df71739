/** The page as every room's actions see it. */
import type { reviewProtocol, reviewState, Shown } from '../../../src/protocol/review.ts';
import type { Host } from '../../ui/host.ts';
import type { PageAction } from './page-action.ts';

export interface Page {
  readonly host: Host<typeof reviewProtocol, typeof reviewState>;
  readonly shown: Shown | null;
  /** Told in the status line until something else is done. */
  notice: string;
  /** Does it; false when there is nothing to do it on. */
  act(action: PageAction): boolean;
  /** A request for what the reviewer did: its failure is told below the page. */
  do(request: Promise<unknown>): void;
  /** A request whose failure is told in the status line. */
  ask(request: Promise<unknown>): void;
  /** Puts the focus on the reasoning, once it is there. */
  focusText(): void;
}
