/** What holds and trains a run's policy. */
export const engineNames = ['embedded', 'torch', 'ray'] as const;
/** Those that read a policy at once: the others take whole runs. */
export const readingEngines = ['embedded', 'torch'] as const;
export type ReadingEngine = (typeof readingEngines)[number];
export type EngineName = (typeof engineNames)[number];

/** What each is, in a line: the setting and the form say it. */
export const engineTexts: Readonly<Record<EngineName, string>> = {
  embedded: 'Inside the extension, for small policies: nothing to set up.',
  torch: 'PyTorch on this machine’s GPU or CPU, for any causal language model. Run Set Up PyTorch Engine first.',
  ray: 'PyTorch on a Ray cluster: the run is sent there as a job, and followed from here.',
};
