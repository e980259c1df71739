/** `npm run bench`, in the checkout alone. */
import { runProgram } from '../cli/program.ts';
import { bench } from './command.ts';

void runProgram({ name: 'npm run', commands: [bench] });
