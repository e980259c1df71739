/** The thread that answers an agent: one question, on a connection of its own. */
import { doWork } from '../store/work-thread.ts';
import { answerOf } from './answer.ts';
import type { AgentWork } from './client.ts';

void doWork<AgentWork>(async (store, { tool, input, asker }) => answerOf(store, tool, input, asker));
