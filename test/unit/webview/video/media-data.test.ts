import { resolveObjectURL } from 'node:buffer';
import { expect, it, vi } from 'vitest';
import type { Media, Strip } from '../../../../src/protocol/review.ts';
import { MediaData, type MediaSource } from '../../../../webview/review/video/media-data.ts';

const media: Extract<Media, { status: 'ready' }> = {
  ...{ status: 'ready', url: '', duration: 3.334, frameRate: 29.97003, hasPicture: true },
  ...{ peaksPerSecond: 200, proxy: null },
};
const times = Float64Array.of(0, 0.1, 0.4);
const source: MediaSource = {
  peaks: async () => ({ values: Int16Array.of(-1, 1), done: true }),
  frames: async () => times,
  strip: async () => null,
};
const failing = async (): Promise<never> => Promise.reject(new Error('a.mp4: broken'));

it('snaps at the frames’ own times when they are told, and has nothing to complain of', async () => {
  const data = new MediaData(media, source, () => undefined);
  await vi.waitFor(() => expect(data.frames.count).toBe(3));
  expect(data.frames.snap(0.35)).toBe(0.4);
  expect([data.faults, data.sound?.fault]).toEqual([[], null]);
});

it('says that edges snap at the mean rate when the times cannot be read, or there are none', async () => {
  for (const [frames, why] of [
    [failing, 'a.mp4: broken'],
    [async () => new Float64Array(), 'the file has none'],
  ] as const) {
    const changed = vi.fn();
    const data = new MediaData(media, { ...source, frames }, changed);
    await vi.waitFor(() => expect(data.faults).toHaveLength(1));
    expect(data.faults[0]).toBe(
      `No frame times: ${why}. Frames are stepped, and edges snap, at the mean rate of 29.97 a second, which may miss the true frames.`,
    );
    expect(changed).toHaveBeenCalled();
    expect(data.frames.snap(0.35)).toBeCloseTo(10 / 29.97003, 9);
  }
});

it('says once why pictures are missing, and why the sound is', async () => {
  const data = new MediaData(media, { ...source, strip: failing, peaks: failing }, () => undefined);
  data.want([{ level: 1, index: 0 }]);
  await vi.waitFor(() => expect(data.faults).toEqual(['Pictures are missing: a.mp4: broken']));
  await vi.waitFor(() => expect(data.sound?.fault).toBe('a.mp4: broken'));
});

it('shows of a frame the picture that lies within it, however long the others are', async () => {
  const tiles = 12;
  const strip = async (level: number, index: number): Promise<Strip> => ({
    jpeg: new TextEncoder().encode(`${level} ${index}`),
    tiles,
    aspect: 1,
  });
  const data = new MediaData(media, { ...source, strip }, () => undefined);
  await vi.waitFor(() => expect(data.frames.count).toBe(3));
  await vi.waitFor(() => expect(data.whole).not.toBeNull());
  for (const [seconds, start, end] of [
    [0.1, 0.1, 0.4],
    [0.39, 0.1, 0.4],
    [0.05, 0, 0.1],
    [3, 0.4, 3.334],
    [3.334, 0.4, 3.334],
  ]) {
    const shown = await vi.waitUntil(() => data.frame(seconds));
    const [level, index] = (await resolveObjectURL(shown.strip.url)!.text()).split(' ').map(Number);
    const middle = ((index + (shown.tile + 0.5) / tiles) * media.duration) / 2 ** level;
    expect(middle, `at ${seconds}`).toBeGreaterThan(start);
    expect(middle, `at ${seconds}`).toBeLessThan(end);
  }
});

it('keeps the pictures of a few strips in memory, and of none when it has stopped', async () => {
  const made: string[] = [];
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => (made.push(`blob:${made.length}`), made.at(-1)!));
  const revoked = vi.spyOn(URL, 'revokeObjectURL');
  const strip = (): Promise<Strip> => Promise.resolve({ jpeg: Uint8Array.of(1), tiles: 12, aspect: 1 });
  const data = new MediaData(media, { ...source, strip }, () => undefined);
  for (const from of [0, 30]) {
    data.want(Array.from({ length: 30 }, (_, index) => ({ level: 6, index: from + index })));
    await vi.waitFor(() => expect(made).toHaveLength(from + 31));
  }
  expect(revoked.mock.calls.flat()).toEqual(made.slice(1, 22));
  data.stop();
  expect(revoked.mock.calls.flat().toSorted()).toEqual(made.toSorted());
  vi.restoreAllMocks();
});
