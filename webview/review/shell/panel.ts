/** A rollout as the page shows it: its prompt, the video beside the reasoning, and what is done with both. */
import { t } from '@vscode/l10n';
import { nothing, type TemplateResult } from 'lit';
import { numberText } from '../../../src/domain/number-text.ts';
import type { Curve } from '../../../src/domain/token-curve.ts';
import {
  queues,
  type Density,
  type Guidelines,
  type Media,
  type OptionPicture,
  type PagePart,
  type Preferences,
  type Shown,
} from '../../../src/protocol/review.ts';
import type { Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { icons } from '../../ui/icons.ts';
import type { BesidePage } from '../beside/beside-actions.ts';
import { besideView } from '../beside/beside-view.ts';
import '../beside/group-strip.ts';
import { act } from '../actions/page-event.ts';
import { keyCap } from '../actions/key-cap.ts';
import { keyHint } from '../actions/keys.ts';
import { foldButton } from '../actions/fold-button.ts';
import type { CommentsPage } from '../comments/comment-actions.ts';
import '../comments/comment-list.ts';
import '../guidelines/guidelines-pane.ts';
import '../judge/judge-bar.ts';
import type { JudgePage } from '../judge/judge-actions.ts';
import type { LabelPage } from '../label/label-actions.ts';
import { offerText } from '../label/suggestion.ts';
import '../label/tas-panel.ts';
import type { TextRange } from '../label/text-range.ts';
import '../text/answer-reads.ts';
import '../text/reasoning-text.ts';
import '../text/text-outline.ts';
import { Frames } from '../video/frames.ts';
import type { MediaData } from '../video/media-data.ts';
import '../video/medium-chooser.ts';
import '../video/time-line.ts';
import type { VideoPage } from '../video/video-actions.ts';
import '../video/video-player.ts';
import { percentOf } from './pane-splitter.ts';
import './prompt-header.ts';
import { advantageOf, shapedLimit, type Reading } from './reading.ts';
import './rollout-tags.ts';
import './status-line.ts';

/** The page as it is now. */
export interface PanelPage extends LabelPage, JudgePage, VideoPage, CommentsPage, BesidePage {
  readonly preferences: Preferences;
  readonly density: Density;
  readonly keys: Keys;
  readonly reading: Reading;
  /** Null until they are read. */
  readonly guidelines: Guidelines | null;
  /** How far down they are, in pixels. */
  readonly guidelinesTop: number;
  readonly media: Media | null;
  /** Of each option of the prompt the picture that it has; empty while none are known. */
  readonly optionPictures: readonly (OptionPicture | null)[];
  readonly mediaData: MediaData | null;
  /** Second at which a video begins that is opened now. */
  readonly startAt: number;
  /** Counts what came of the media, to draw it. */
  readonly drawn: number;
  /** Counts changes of the label sessions, to draw them. */
  readonly edits: number;
  readonly folded: readonly number[];
  /** The place of the outline where one reads. */
  readonly present: number;
  /** Of the tokens of the rollout shown. */
  readonly curves: readonly Curve[];
  /** The unit that the pointer is over. */
  readonly hovered: number | null;
  /** What a rule took from the text, while it is pointed at. */
  readonly answerRead: TextRange | null;
}

const noFrames = new Frames(0, 0);

export function panel(page: PanelPage, shown: Shown): TemplateResult {
  const { prompt, rollout, group, groups } = shown;
  const { preferences, keys, reading, commenting, mediaData: data } = page;
  const comments = commenting.marked(shown.comments, preferences.comments === 'all');
  const number = group.members.findIndex(({ rolloutId }) => rolloutId === rollout.id);
  const completion = t('completion {0} of {1}', number + 1, group.members.length);
  const place = [t('prompt {0} of {1}', shown.place.place, shown.place.of), completion, ...orderText(shown.order)];
  const media = page.media?.status === 'ready' ? page.media : null;
  const folds = (part: PagePart): boolean => preferences.foldedParts.includes(part);
  const { shares } = preferences;
  const hasGuidelines = page.guidelines !== null && page.guidelines.status !== 'none';
  const without = page.media?.status === 'none';
  return html`
    <prompt-header
      .keys=${keys}
      .prompt=${prompt}
      .pictures=${page.optionPictures}
      .instruction=${rollout.system}
      .place=${place}
      .queue=${preferences.queue}
      .queues=${queues.filter((queue) => queue !== 'table' || shown.order !== null)}
      .canGoBack=${shown.canGoBack}
      .folded=${folds('question')}
      .guidelines=${hasGuidelines ? preferences.guidelines : null}
    ></prompt-header>
    <main .style=${sized('video', shares.video)}>
      <section class="left ${folds('video') ? 'folded' : ''}" aria-label=${t('Video')} ?hidden=${without}>
        ${
          shown.media.length > 1
            ? html`<medium-chooser .keys=${keys} .media=${shown.media} .medium=${shown.medium}></medium-chooser>`
            : nothing
        }
        <div class="fold-place">${foldButton('video', folds('video'))}</div>
        <video-player
          .keys=${keys}
          .media=${page.media}
          .rate=${preferences.rate}
          .muted=${preferences.muted}
          .volume=${preferences.volume}
          .frames=${data?.frames ?? noFrames}
          .loop=${page.spans.loop}
          .startAt=${page.startAt}
        ></video-player>
        ${
          media && data
            ? html`<time-line
                .keys=${keys}
                .media=${data}
                .version=${page.drawn}
                .silent=${media.peaksPerSecond === null}
                .time=${page.time}
                .phases=${shown.phases}
                .spans=${shown.medium > 0 ? shown.phases.map(() => null) : page.spans.shown}
                .current=${page.phase}
                .looping=${page.spans.looping}
                .spoken=${reading.spoken}
                .comments=${shown.medium > 0 ? [] : comments.video}
              ></time-line>`
            : nothing
        }
      </section>
      <pane-splitter of="video" .shares=${shares} .folded=${folds('video')} ?hidden=${without}></pane-splitter>
      <section class="right" aria-label=${t('Reasoning')} .style=${sized('weights', shares.weights)}>
        <group-strip
          .keys=${keys}
          .group=${group}
          .groups=${groups}
          .selected=${rollout.id}
          .parts=${rollout.rewards}
          .reading=${rollout.reading}
          .comparing=${page.beside.what === 'group'}
          >${readingButtons(page)}</group-strip
        >
        ${
          besideView(page, shown, page.session?.boundaries ?? null) ??
          html`${rollout.reads.length === 0 ? nothing : html`<answer-reads .reads=${rollout.reads}></answer-reads>`}
            <div class="reading">
              <div class="outlined">
                ${
                  reading.places
                    ? html`<text-outline
                        .places=${reading.places}
                        .spans=${page.spans.shown}
                        .suggested=${page.session?.boundaries === null}
                        .present=${page.present}
                      ></text-outline>`
                    : nothing
                }
                <reasoning-text
                  .keys=${keys}
                  .text=${rollout.completion}
                  .marks=${reading.marks}
                  .markdown=${reading.markdown}
                  .phases=${shown.phases}
                  .boundaries=${page.session?.boundaries ?? null}
                  .offer=${reading.offer}
                  .steps=${page.steps}
                  .judged=${page.judging.beside(page.steps)}
                  .starts=${rollout.units.starts}
                  .stops=${reading.stops}
                  .heat=${reading.heat}
                  .reached=${reading.reached}
                  .hovered=${hoveredRange(page, shown)}
                  .caret=${page.caret}
                  .folded=${page.folded}
                  .media=${data}
                  .version=${page.drawn}
                  .comments=${comments.text}
                  .commentedOn=${commenting.on}
                  .answers=${reading.answers}
                  .answer=${page.answerRead}
                  .name=${t('Reasoning of {0}', completion)}
                  .places=${reading.places}
                  .present=${page.present}
                  .density=${page.density}
                ></reasoning-text>
              </div>
              ${
                preferences.comments === 'none'
                  ? nothing
                  : html`<comment-list
                      .keys=${keys}
                      .shown=${shown}
                      .draft=${commenting.draft}
                      .error=${commenting.error}
                      .saving=${commenting.saving}
                      .all=${preferences.comments === 'all'}
                      .chosen=${commenting.chosen}
                      .time=${media && shown.medium === 0 ? page.time : null}
                    ></comment-list>`
              }
            </div>
            <judge-bar
              .keys=${keys}
              .judged=${page.judged}
              .by=${preferences.judgeBy}
              .hasErrors=${shown.errorTypes.length > 0}
            ></judge-bar>
            <pane-splitter of="weights" .shares=${shares} .folded=${folds('weights')}></pane-splitter>
            <tas-panel
              .folded=${folds('weights')}
              .phases=${shown.phases}
              .rollout=${rollout}
              .curves=${page.curves}
              .shaping=${reading.shaping}
              .preferences=${preferences}
              .advantage=${advantageOf(shown)}
              .limit=${shapedLimit(shown, preferences.lambda)}
              .hovered=${page.hovered}
              .caret=${page.caret}
            ></tas-panel>`
        }
      </section>
      ${
        hasGuidelines && preferences.guidelines
          ? html`<guidelines-pane
              .keys=${keys}
              .guidelines=${page.guidelines}
              .top=${page.guidelinesTop}
            ></guidelines-pane>`
          : nothing
      }
    </main>
    <rollout-tags .shown=${shown}></rollout-tags>
    <status-line
      .keys=${keys}
      .shown=${shown}
      .session=${page.session}
      .edits=${page.edits}
      .said=${[page.judging.state, page.preferring.state, page.correcting.state]}
      .offer=${reading.offer ? offerText(reading.offer) : ''}
      .notice=${page.notice}
    ></status-line>
  `;
}

function hoveredRange({ hovered: unit }: PanelPage, { rollout: { units, completion } }: Shown): TextRange | null {
  if (unit === null || unit >= units.starts.length) return null;
  return { from: units.starts[unit], to: units.starts[unit + 1] ?? completion.length };
}

/** How the text is shown: with its outline, as it is meant or as it is written, and how densely. */
function readingButtons(page: PanelPage): TemplateResult {
  const {
    preferences: { outline, rendered },
    density,
    keys,
    beside,
  } = page;
  const on = (event: Event): HTMLElement => event.currentTarget as HTMLElement;
  const isCompact = density === 'compact';
  return html`${
      beside.what === null
        ? html`<button
            aria-pressed=${outline}
            title="${t('The outline: phases and headings')}${keyHint(keys, 'outline')}"
            @click=${(event: Event) => act(on(event), { kind: 'prefer', change: { outline: !outline } })}
          >
            ${icons.outline} <span class="word">${t('outline')}</span> ${keyCap(keys, 'outline')}
          </button>`
        : nothing
    }
    <button
      aria-pressed=${rendered}
      title="${t('Markdown and maths as they are meant, or as they are written')}${keyHint(keys, 'rendered')}"
      @click=${(event: Event) => act(on(event), { kind: 'rendered' })}
    >
      ${icons.rendered} <span class="word">${t('rendered')}</span> ${keyCap(keys, 'rendered')}
    </button>
    <button
      aria-pressed=${isCompact}
      title=${t('Density of text and lists: compact or comfortable')}
      @click=${(event: Event) => act(on(event), { kind: 'density', density: isCompact ? 'comfortable' : 'compact' })}
    >
      ${icons.compact} <span class="word">${t('compact')}</span>
    </button>
    ${beside.what === null ? correctionButton(page, keys) : nothing}`;
}

/** Opens the field for the completion as it should have been. */
function correctionButton({ correcting: { state } }: PanelPage, keys: Keys): TemplateResult {
  const isUsed = state.draft !== null || state.text !== null;
  const correct = t({ message: 'correct', comment: 'what the button does' });
  const word = state.draft === null ? (isUsed ? t('corrected') : correct) : t('draft');
  return html`<button
    title="${t('Write the completion as it should have been')}${keyHint(keys, 'correction')}"
    @click=${(event: Event) => act(event.currentTarget as HTMLElement, { kind: 'beside', what: 'correction' })}
  >
    ${icons.correct}
    <span class="word">${word}</span>${isUsed ? ' ●' : ''} ${keyCap(keys, 'correction')}
  </button>`;
}

/** What the splitter of that part sets while it moves. */
const sized = (part: keyof Preferences['shares'], share: number | null): string =>
  share === null ? '' : `--${part}: ${percentOf(share)}`;

/** "15 of 1,912 in the table": how far one is in the table's order. */
function orderText(order: Shown['order']): string[] {
  if (order === null || order.place === null) return [];
  const [place, of] = [order.place, order.of].map(numberText);
  return [t('{0} of {1} in the table', place, of)];
}
