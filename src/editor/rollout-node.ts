import type * as vscode from 'vscode';
import type { GroupSummary, PromptSummary } from '../store/store.ts';
import type { FolderState, SeenRollout } from './rollout-label.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** A row of the tree of rollouts. `id` is stable, so that a refresh moves nothing. Folders have rows where several stores are open: else a root has no parent. */
export type RolloutNode =
  | { kind: 'folder'; id: string; store: WorkspaceStore; about: FolderState; isCurrent: boolean }
  | { kind: 'dataset'; id: string; parent: Row<'folder'> | null; dataset: string; prompts: number; rollouts: number }
  | { kind: 'run'; id: string; parent: Row<'folder'> | null; runId: string; name: string }
  | { kind: 'prompt'; id: string; parent: RootRow; prompt: PromptSummary; runId: string | null }
  | { kind: 'group'; id: string; parent: Row<'prompt'>; group: GroupSummary; runName: string | null }
  | { kind: 'rollout'; id: string; parent: Row<'group'>; rollout: SeenRollout; place: number }
  | { kind: 'more'; id: string; parent: RolloutNode }
  | { kind: 'note'; id: string; parent: Row<'folder'>; icon: string; text: string }
  | { kind: 'cure'; id: string; parent: Row<'folder'> | null; icon: string; command: vscode.Command };

export type Row<Kind extends RolloutNode['kind']> = Extract<RolloutNode, { kind: Kind }>;
/** What prompts stand below. */
export type RootRow = Row<'dataset'> | Row<'run'>;
