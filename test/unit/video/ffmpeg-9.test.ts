import { ffmpegEnvironment } from '../../../scripts/ffmpegs.ts';
import { testFfmpeg } from './core.ts';

testFfmpeg(/^ffmpeg version n?9\./u, () => ffmpegEnvironment(9));
