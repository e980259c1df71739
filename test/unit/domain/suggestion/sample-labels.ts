import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LabelledText } from '../../../../src/domain/suggestion/tagger.ts';

const folder = resolve(import.meta.dirname, '../../../../media/sample');

function lines<Line>(file: string): Line[] {
  const text = readFileSync(join(folder, file), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}

/** The sample project's gold labels, in its rollouts' order. */
export function sampleLabels(): LabelledText[] {
  const gold = lines<{ label: { rollout: string; boundaries: number[] } }>('gold.labels.jsonl');
  const boundariesOf = new Map(gold.map(({ label }) => [label.rollout, label.boundaries]));
  return lines<{ prompt: { id: string }; rollout: { id: string; completion: string } }>(
    'rollouts/sample.rollouts.jsonl',
  ).flatMap(({ prompt, rollout }) => {
    const boundaries = boundariesOf.get(rollout.id);
    return boundaries ? { text: rollout.completion, boundaries, promptId: prompt.id } : [];
  });
}
