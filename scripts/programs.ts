import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What npm does not install, each with the names that it goes by on PATH or among the libraries, and its Debian package. */
const programs = {
  ffmpeg: { names: ['ffmpeg', 'ffmpeg.exe'], debian: 'ffmpeg' },
  chromium: {
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    debian: 'chromium',
  },
  code: { names: ['code', 'code.cmd'], debian: 'code' },
  // The TensorFlow backend is set up with these, and WebGPU runs on chromium's software GPU through this loader.
  python: { names: ['python3'], debian: 'python3' },
  pip: { names: ['pip3'], debian: 'python3-pip' },
  compiler: { names: ['g++'], debian: 'g++' },
  vulkan: { names: ['libvulkan.so.1'], debian: 'libvulkan1' },
};

export type Program = keyof typeof programs;

const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'];

/** Where the program is, or undefined when it is not there. */
export function findProgram(program: Program): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...libraryFolders];
  return programs[program].names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

/** Installs what is missing, where we may (root on Debian); else throws with the one line to run. */
export function needPrograms(wanted: Program[]): void {
  const missing = wanted.filter((program) => !findProgram(program)).map((program) => programs[program].debian);
  if (missing.length === 0) return;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const debian = existsSync('/usr/bin/apt-get');
  if (debian && process.getuid?.() === 0) {
    console.log(`Installing ${missing.join(' and ')}…`);
    const options = { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], options);
    if (status !== 0) throw new Error(`${command} failed:\n${stdout}${stderr}`);
    return;
  }
  throw new Error(
    debian
      ? `Missing ${missing.join(' and ')}. Run: sudo sh -c '${command}'`
      : `Missing ${missing.join(' and ')}: install it and put it on PATH.`,
  );
}
