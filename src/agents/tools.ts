/** All that an agent may ask, for the MCP server and for the editor. */
import type { Tool } from './tool.ts';
import { comparePolicies, listEvaluations } from './tools/evaluations.ts';
import { explainGroup } from './tools/explain-group.ts';
import { findRollouts } from './tools/find-rollouts.ts';
import { readRollout } from './tools/read-rollout.ts';
import { listRuns, readRun } from './tools/runs.ts';
import { suggestPhases } from './tools/suggest-phases.ts';

export const tools: readonly Tool[] = [
  findRollouts,
  readRollout,
  explainGroup,
  listEvaluations,
  comparePolicies,
  listRuns,
  readRun,
  suggestPhases,
];
