import { rmSync } from 'node:fs';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeReviewProject } from './review-project.ts';
import { came, Workbench } from './workbench.ts';

/** A panel in a real workbench, and what the tests of Review do in it. */
export class Panel {
  workbench!: Workbench;
  /** The panel's document. A reload makes another: then `find` it. */
  page!: Frame;

  /** Takes the visible document that holds the selector as the panel's; waits for it. */
  async find(selector = 'reasoning-text .completion', timeout?: number): Promise<void> {
    this.page = await this.workbench.webview(selector, timeout);
  }

  press(key: string): Promise<void> {
    return this.workbench.page.keyboard.press(key);
  }

  /**
   * Presses a key from there until it is answered. A window that has only just opened may take the focus away once more, and takes chords
   * for a panel once it knows it as the active one.
   */
  async pressUntil(key: string, answered: () => Promise<unknown>, from = this.text): Promise<void> {
    const pressed = async (): Promise<boolean> => {
      await from.focus();
      await this.press(key);
      // A press whose answer is only late must not be followed by another.
      return came(answered());
    };
    await expect.poll(pressed, { timeout: 60_000 }).toBe(true);
  }

  /** The completion's text. */
  get text(): Locator {
    return this.page.locator('reasoning-text .completion');
  }

  /** The boundary where this phase starts. */
  handle(name: string): Locator {
    return this.page.getByRole('slider', { name: `${name} starts` });
  }

  /** The time that the video shows, in seconds. */
  readonly shownTime = (): Promise<number> =>
    this.page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);

  /** What the highlight of this name lies on. */
  highlighted(name: string): Promise<string[]> {
    return this.page.evaluate(
      (name) =>
        [...(CSS.highlights.get(name) ?? [])].map((range) => {
          const live = new Range();
          live.setStart(range.startContainer, range.startOffset);
          live.setEnd(range.endContainer, range.endOffset);
          return live.toString();
        }),
      name,
    );
  }

  /** The row of the first dataset's first completion in the Rollouts tree, which is opened down to it. */
  async firstCompletion(): Promise<Locator> {
    await this.workbench.showContainer();
    const rows = this.workbench.rows('Rollouts');
    const row = rows.and(this.workbench.page.locator('[aria-label*="completion 1"]'));
    // Right opens a row, and goes on to its first when it is open.
    const opened = async (): Promise<number> => {
      if ((await row.count()) === 0) await this.press('ArrowRight');
      return row.count();
    };
    await rows.first().click();
    await expect.poll(opened, { interval: 1000 }).toBe(1);
    return row;
  }

  /** Waits for the status line to say this. */
  status(words: string | RegExp): Promise<void> {
    return this.page.locator('status-line').getByText(words).waitFor();
  }
}

export interface Setup {
  /** Makes the project, in a folder that is removed at the end. */
  project?: () => string;
  /** How large everything is. */
  zoom?: number;
  /** Opens the folder in Restricted Mode. */
  restricted?: boolean;
  /** The window may only read the folder. */
  readOnly?: boolean;
  settings?: Record<string, unknown>;
  /** How a person comes to the panel. */
  open?: (panel: Panel) => Promise<void>;
}

/** Review on the first rollout without a label. */
export async function openReview(panel: Panel, selector?: string, timeout?: number): Promise<void> {
  await panel.workbench.run('Rollout Lab: Next Unlabelled');
  await panel.find(selector, timeout);
}

/** The same with suggestions by rules for all rollouts. */
export async function openSuggested(panel: Panel, selector?: string, timeout?: number): Promise<void> {
  await panel.workbench.run('Rollout Lab: Suggest Phases');
  await panel.workbench.told('Suggested phases');
  await panel.workbench.run('Notifications: Clear All Notifications');
  await openReview(panel, selector, timeout);
}

/** A second window of the same person with Review on the same project, within `describePanel`. */
export function secondWindow(panel: Panel): Panel {
  const other = new Panel();
  beforeAll(async () => {
    const { folder } = panel.workbench;
    other.workbench = await Workbench.open({ extensions: inject('extensions'), folder, alone: true });
    await openReview(other);
  }, 300_000);
  afterAll(() => other.workbench?.[Symbol.asyncDispose]());
  return other;
}

/** Tests of a panel in a real workbench on a project of their own: Review on two small groups unless told otherwise. */
export function describePanel(
  name: string,
  { project = makeReviewProject, zoom, restricted, readOnly, settings, open = openReview }: Setup,
  tests: (panel: Panel) => void,
): void {
  describe(name, () => {
    const panel = new Panel();
    let folder: string;
    beforeAll(async () => {
      folder = project();
      panel.workbench = await Workbench.open({
        extensions: inject('extensions'),
        from: folder,
        zoom,
        restricted,
        readOnly,
        settings,
      });
      await open(panel);
    }, 300_000);
    afterAll(async () => {
      await panel.workbench?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    });

    tests(panel);

    it('says nothing on the console', () => expect(panel.workbench.errors).toEqual([]));
  });
}
