/** A scene as a real media file, made by ffmpeg: the same scene gives the same bytes on one machine. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderFrames, renderSound } from './render.ts';
import type { Scene } from './scene.ts';

/** `plain` plays everywhere VS Code does; the others are hard on purpose. */
export const clipKinds = ['plain', 'aac', 'silent', 'variable-rate', 'portrait'] as const;
export type ClipKind = (typeof clipKinds)[number];

const framesPerSecond = 12;
const samplesPerSecond = 32_000;

/** Writes `scene` to `path` as an mp4 with H.264 pictures (a key frame a second) and, but for the hard kinds, MP3 sound. */
export async function writeClip(scene: Scene, path: string, kind: ClipKind): Promise<void> {
  const [width, height] = kind === 'portrait' ? [240, 320] : [320, 240];
  const folder = await mkdtemp(join(tmpdir(), 'rollout-lab-clip-'));
  try {
    const pictures = join(folder, 'pictures.rgb');
    const sound = join(folder, 'sound.f32');
    await writeFile(pictures, Buffer.concat(renderFrames(scene, { width, height }, framesPerSecond)));
    await writeFile(sound, Buffer.from(renderSound(scene, samplesPerSecond).buffer));
    const audioInput = ['-f', 'f32le', '-ar', String(samplesPerSecond), '-ac', '1', '-i', sound];
    const thinned = `select=eq(mod(n\\,${framesPerSecond})\\,0)+gt(mod(n\\,7)\\,2)`;
    await ffmpeg([
      ...[
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-s',
        `${width}x${height}`,
        '-r',
        String(framesPerSecond),
        '-i',
        pictures,
      ],
      ...(kind === 'silent' ? [] : audioInput),
      ...(kind === 'variable-rate' ? ['-vf', thinned, '-fps_mode', 'vfr'] : []),
      ...['-c:v', 'libx264', '-preset', 'slow', '-crf', '27', '-g', String(framesPerSecond), '-pix_fmt', 'yuv420p'],
      ...(kind === 'silent' ? [] : ['-c:a', kind === 'aac' ? 'aac' : 'libmp3lame', '-b:a', '40k']),
      ...[
        '-threads',
        '1',
        '-map_metadata',
        '-1',
        '-fflags',
        '+bitexact',
        '-flags:v',
        '+bitexact',
        '-flags:a',
        '+bitexact',
      ],
      ...['-movflags', '+faststart', '-y', path],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function ffmpeg(args: string[]): Promise<void> {
  const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.on('error', () => reject(new Error('ffmpeg was not found; install FFmpeg and try again')));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`ffmpeg failed with code ${code}`))));
  });
}
