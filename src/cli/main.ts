/** `rollout-lab COMMAND …` */
import { commands } from './commands.ts';
import { runProgram } from './program.ts';

void runProgram({ name: 'rollout-lab', commands });
