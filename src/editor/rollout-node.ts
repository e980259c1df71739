import type * as vscode from 'vscode';
import type { GroupSummary, PromptSummary } from '../store/store.ts';
import type { SeenRollout } from './rollout-label.ts';

/** A row of the tree of rollouts. `id` is stable, so that a refresh moves nothing. */
export type RolloutNode =
  | { kind: 'dataset'; id: string; dataset: string; prompts: number; rollouts: number }
  | { kind: 'run'; id: string; runId: string; name: string }
  | { kind: 'prompt'; id: string; parent: RootRow; prompt: PromptSummary; runId: string | null }
  | { kind: 'group'; id: string; parent: Row<'prompt'>; group: GroupSummary; runName: string | null }
  | { kind: 'rollout'; id: string; parent: Row<'group'>; rollout: SeenRollout; place: number }
  | { kind: 'more'; id: string; parent: RolloutNode }
  | { kind: 'cure'; id: string; icon: string; command: vscode.Command };

export type Row<Kind extends RolloutNode['kind']> = Extract<RolloutNode, { kind: Kind }>;
/** What prompts stand below. */
export type RootRow = Row<'dataset'> | Row<'run'>;
