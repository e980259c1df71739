/** What is done to the video and its timeline, and to what each phase talks about in it. */
import { t } from '@vscode/l10n';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { SpanEditing } from './span-editing.ts';
import type { TimeLine } from './time-line.ts';
import type { VideoPlayer } from './video-player.ts';

export interface VideoPage extends Page {
  readonly player: VideoPlayer | null;
  readonly timeLine: TimeLine | null;
  readonly spans: SpanEditing;
  /** The phase at the caret. */
  readonly phase: number;
  readonly muted: boolean;
  /** The time that the text speaks of at the caret, in seconds. */
  readonly mentioned: number | null;
}

type VideoKind =
  | 'medium'
  | 'seek'
  | 'play'
  | 'shuttle'
  | 'second'
  | 'frame'
  | 'enterTime'
  | 'mention'
  | 'mute'
  | 'zoom'
  | 'loop'
  | 'ground'
  | 'span'
  | 'splitSpan'
  | 'clearSpan';

export function videoActions(page: VideoPage): Handlers<VideoKind> {
  return {
    medium: ({ direction }) => showMedium(page, direction),
    seek: ({ seconds }) => page.player?.seek(seconds),
    play: () => page.player?.toggle(),
    shuttle: ({ direction }) => page.player?.shuttle(direction),
    second: ({ seconds }) => page.player?.skip(seconds),
    frame: ({ count }) => page.player?.frame(count),
    enterTime: () => page.player?.enterTime(),
    mention: () => {
      if (page.mentioned === null) page.notice = t('no time at the caret');
      else page.player?.seek(page.mentioned);
    },
    mute: () => page.act({ kind: 'prefer', change: { muted: !page.muted } }),
    zoom: ({ direction }) => page.timeLine?.step(direction),
    loop: () => page.spans.toggleLoop(),
    ground: ({ phase, span, dragged }) => page.spans.set(phase, span, dragged),
    span: () => page.spans.mark(),
    splitSpan: () => page.spans.split(),
    clearSpan: () => page.spans.set(page.phase, null),
  };
}

/** Shows the media before or after, as far as there are some. */
function showMedium(page: VideoPage, direction: 1 | -1): void {
  const { shown } = page;
  if (!shown) return;
  const { media, prompt } = shown;
  const medium = shown.medium + direction;
  if (medium >= 0 && medium < media.length) {
    page.ask(page.host.request('medium', { promptId: prompt.id, direction }));
    return;
  }
  page.notice =
    media.length > 1
      ? direction < 0
        ? t('{0} is the first', media[shown.medium])
        : t('{0} is the last', media[shown.medium])
      : t('this prompt has no other video, picture or sound');
}
