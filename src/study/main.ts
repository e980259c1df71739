/** `npm run study`, in the checkout alone. */
import { runProgram } from '../cli/program.ts';
import { study } from './command.ts';

void runProgram({ name: 'npm run', commands: [study] });
