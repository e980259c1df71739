import { setUpTensorFlow, setupText, type TensorFlowSetup } from '../../training/backends/tensorflow-setup.ts';
import { setUpTorch, torchSetupText, type TorchSetup } from '../../training/engine/torch-setup.ts';
import type { Download, SetupOptions } from '../../training/setup/setup.ts';
import type { Command, CommandContext } from '../command.ts';

export const setupTensorFlow: Command = {
  name: 'setup tensorflow',
  usage: '[--python PYTHON]',
  summary: 'Sets up the tensorflow backend with the TensorFlow of a Python, or one that pip downloads.',
  options: { python: { type: 'string' } },
  run(context): Promise<TensorFlowSetup> {
    const confirm = async (download: Download): Promise<null> => {
      context.progress(downloadText(download));
      return null;
    };
    return setUpTensorFlow({ ...shared(context), confirm });
  },
  print: (setup: TensorFlowSetup) => setupText(setup),
};

export const setupTorch: Command = {
  name: 'setup torch',
  usage: '[--python PYTHON] [--yes]',
  summary:
    'Sets up the PyTorch engine with a Python that has PyTorch, transformers and PEFT, or one that pip fills; --yes allows the download.',
  options: { python: { type: 'string' }, yes: { type: 'boolean' } },
  run(context): Promise<TorchSetup> {
    const { options, progress } = context;
    const confirm = async (download: Download): Promise<null> => {
      if (!options.has('yes')) {
        throw new Error(`${downloadText(download)} Add --yes to allow it, or name another Python with --python.`);
      }
      progress(downloadText(download));
      return null;
    };
    return setUpTorch({ ...shared(context), confirm });
  },
  print: (setup: TorchSetup) => torchSetupText(setup),
};

const shared = ({ options, dist, progress, signal }: CommandContext): Omit<SetupOptions, 'confirm'> => ({
  dist,
  python: options.text('python'),
  signal,
  progress: (step) => progress(`${step}…`),
  output: (line) => progress(`  ${line}`),
});

const downloadText = ({ why, what, size, disk, folder }: Download): string =>
  `${why} pip downloads ${what}: about ${size} GB, and ${disk} GB on the disk, in ${folder}.`;
