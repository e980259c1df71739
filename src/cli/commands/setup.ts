import { setUpTensorFlow, setupText, type TensorFlowSetup } from '../../training/backends/tensorflow-setup.ts';
import type { Download } from '../../training/setup/setup.ts';
import type { Command } from '../command.ts';

export const setupTensorFlow: Command = {
  name: 'setup tensorflow',
  usage: '[--python PYTHON]',
  summary: 'Sets up the tensorflow backend with the TensorFlow of a Python, or one that pip downloads.',
  options: { python: { type: 'string' } },
  run({ options, dist, progress, signal }): Promise<TensorFlowSetup> {
    const confirm = async ({ why, what, size, folder }: Download): Promise<null> => {
      progress(`${why} pip downloads ${what} (about ${size} GB) to ${folder}.`);
      return null;
    };
    return setUpTensorFlow({
      ...{ dist, python: options.text('python'), confirm, signal },
      progress: (step) => progress(`${step}…`),
      output: (line) => progress(`  ${line}`),
    });
  },
  print: (setup: TensorFlowSetup) => setupText(setup),
};
