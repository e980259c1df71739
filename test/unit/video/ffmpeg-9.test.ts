import { ffmpegEnvironment } from '../../../scripts/ffmpegs.ts';
import { testFfmpeg } from './core.ts';

// It cannot end Vorbis in MP4 there.
testFfmpeg(/^ffmpeg version n?9\./u, () => ffmpegEnvironment(9), { sound: 'flac' });
