import { ffmpegEnvironment } from '../../../scripts/ffmpegs.ts';
import { testFfmpeg } from './core.ts';

// It cuts off the last frame of an MP4 whose frames are timed finely.
testFfmpeg(/^ffmpeg version 4\./u, () => ffmpegEnvironment(4), { lost: 1 });
