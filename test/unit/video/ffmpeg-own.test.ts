import { testFfmpeg } from './core.ts';

testFfmpeg(/^ffmpeg version /u, () => ({}));
