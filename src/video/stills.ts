/** Pictures of a video as a model is shown them: JPEG, evenly spaced in time. */
import { decode, type Input } from './ffmpeg.ts';
import type { MediaFile } from './media-file.ts';
import { isStill, opening, probe, toneMapping } from './probe.ts';
import { evenly, seekFrom } from './thumbnails.ts';

/** Pixels of a picture's longer side at most. */
const side = 448;
/** Bytes of a picture at most. */
const largest = 1 << 20;
const end = Buffer.from([0xff, 0xd9]);

/**
 * What a video shows in the middle of each of `count` equal parts; of one picture that stands still, that one. In parts of 10 s and more
 * the key frame before it stands for it. None where there is nothing to see. Rejects with ffmpeg's reason.
 */
export async function stills(file: MediaFile, count: number, signal?: AbortSignal): Promise<Buffer[]> {
  const media = await probe(file, signal);
  const { duration } = media;
  if (!media.video) return [];
  const fit = `scale=w='max(2,trunc(iw*sar/2)*2)':h=ih,scale=w='min(${side},iw)':h='min(${side},ih)':force_original_aspect_ratio=decrease,setsar=1`;
  const taken = async (input: Input, filter: string, frames: number): Promise<Buffer[]> => {
    const filters = [filter, ...toneMapping(media), fit].filter((one) => one !== '').join(',');
    const options = ['-map', '0:V:0', '-vf', filters, '-frames:v', `${frames}`, '-q:v', '4'];
    const format = ['-c:v', 'mjpeg', '-f', 'image2pipe'];
    return pictures(await decode(input, [...options, ...format], frames * largest, { signal, seconds: 60 }));
  };
  if (duration <= 0 || isStill(media)) return taken({ file, opening: opening(media) }, '', 1);
  if (duration / count <= seekFrom)
    return taken({ file, opening: ['-noaccurate_seek', ...opening(media)] }, evenly(count, 0, duration), count);
  const found: Buffer[] = [];
  for (let part = 0; part < count; part += 1) {
    const middle = opening(media, ((part + 0.5) * duration) / count);
    found.push(...(await taken({ file, opening: ['-noaccurate_seek', ...middle] }, 'trim=end_frame=1,setpts=0', 1)));
  }
  return found;
}

/** The JPEGs that follow one another in `bytes`: their end mark stands nowhere else in what ffmpeg writes. */
function pictures(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let start = 0; ;) {
    const mark = bytes.indexOf(end, start);
    if (mark < 0) return found;
    found.push(bytes.subarray(start, mark + end.length));
    start = mark + end.length;
  }
}
