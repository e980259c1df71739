import { ffmpegEnvironment } from '../../../scripts/ffmpegs.ts';
import { testFfmpeg } from './core.ts';

testFfmpeg(/^ffmpeg version n?8\./u, () => ffmpegEnvironment(8));
