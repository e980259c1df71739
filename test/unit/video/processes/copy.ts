/** Makes the copy of a video that the editor would play, in a folder. */
import type { MediaFile } from '../../../../src/video/media-file.ts';
import { probe } from '../../../../src/video/probe.ts';
import { playable } from '../../../../src/video/proxy.ts';

const [, , file, cache] = process.argv;
await playable(file as MediaFile, await probe(file as MediaFile), cache);
