/** What holds a policy, to train it or to read it. */
import { t } from '@vscode/l10n';

export const engineNames = ['embedded', 'torch', 'ray'] as const;
export type EngineName = (typeof engineNames)[number];

/** What each is, in a line: the setting and the form say it. */
export const engineTexts: Readonly<Record<EngineName, string>> = {
  embedded: t('Inside the extension, for small policies: nothing to set up.'),
  torch: t('PyTorch on this machine’s GPU or CPU, for any causal language model. Run Set Up PyTorch Engine first.'),
  ray: t('PyTorch on a Ray cluster: a job is sent there, and followed from here.'),
};
