import { afterEach } from 'vitest';
import { Workbench } from './workbench.ts';

// What a window showed when its test failed is gone a moment later, and is what tells why.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const workbench of Workbench.all) {
    const picture = await workbench.screenshot(`failed-${task.id}`);
    console.error(`${task.name}: a window showed\n${await workbench.shown()}\n(${picture})`);
  }
});
