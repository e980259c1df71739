/** What of a prompt's media is seen and heard at once, where it has several. */
import type { Prompt, PromptMedium } from './rollout.ts';

export interface MediaView {
  /** "Video 2 of 3"; "Video 1 of 3 with the sound" where a sound of its own is heard beside it. */
  name: string;
  video: string | null;
  audio: string | null;
}

const words: Record<PromptMedium['kind'], string> = { video: 'Video', image: 'Picture', audio: 'Sound' };

/** First what is played first, as of a prompt that has no more; then each other file alone, in order. None where there are no media. */
export function mediaViews({ video, audio, media }: Pick<Prompt, 'video' | 'audio' | 'media'>): MediaView[] {
  if (video === null && audio === null) return [];
  const all = media ?? [];
  const seen = all.findIndex(({ kind, path }) => kind !== 'audio' && path === video);
  const heard = all.findIndex(({ kind, path }) => kind === 'audio' && path === audio);
  const name = (at: number): string => {
    const { kind } = all[at];
    const alike = all.filter((one) => one.kind === kind).length;
    const place = all.slice(0, at + 1).filter((one) => one.kind === kind).length;
    return alike > 1 ? `${words[kind]} ${place} of ${alike}` : words[kind];
  };
  const sound = heard < 0 ? '' : name(heard) === words.audio ? 'the sound' : name(heard).toLowerCase();
  const first = seen < 0 ? (heard < 0 ? '' : name(heard)) : name(seen) + (sound && ` with ${sound}`);
  return [
    { name: first, video, audio },
    ...all.flatMap(({ kind, path }, at) => {
      if (at === seen || at === heard) return [];
      return { name: name(at), video: kind === 'audio' ? null : path, audio: kind === 'audio' ? path : null };
    }),
  ];
}
