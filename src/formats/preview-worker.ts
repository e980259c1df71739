/** The thread that looks into a dump. */
import { doJob } from '../store/work-thread.ts';
import type { PreviewWork } from './client.ts';
import { previewDump } from './preview.ts';

void doJob<PreviewWork>(({ job: { file, ...options } }, { signal }) => previewDump(file, options, signal));
