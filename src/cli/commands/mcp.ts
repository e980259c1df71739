import { resolve } from 'node:path';
import { everything } from '../../agents/tool.ts';
import type { Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

export const mcp: Command = {
  name: 'mcp',
  usage: '--db FILE [--blind-for ANNOTATOR]',
  summary:
    'Serves the store to agents by the Model Context Protocol over stdin and stdout: they find, read and compare, and suggest phases. --blind-for hides the labels of others until ANNOTATOR has labelled a rollout.',
  options: { ...storeOption, 'blind-for': { type: 'string' } },
  async run({ options, signal, dist }): Promise<void> {
    // Told before anything is served: that there is no store, or why it cannot be opened.
    const store = await withStore(options, ({ file }) => resolve(file));
    const annotator = options.text('blind-for');
    const viewer = annotator === undefined ? everything : { annotator, blindFirstPass: true };
    // No other command loads the protocol's SDK.
    const { serve } = await import('../../agents/server.ts');
    await serve({ store, dist, viewer, signal });
  },
};
