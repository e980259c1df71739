#!/usr/bin/env node
// `npx rollout-lab …` from the checkout: finds a Node that fits, builds when nothing is built, and runs the command line.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oldestNode, unfitNode } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli = join(root, 'dist/cli.cjs');

if (unfitNode(process.versions.node)) restart();
else start();

function start() {
  if (!existsSync(cli)) {
    const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], {
      stdio: ['ignore', 2, 2],
      cwd: root,
    });
    if (built.status !== 0) fail('building failed: see above');
  }
  createRequire(import.meta.url)(cli);
}

function restart() {
  const node = join(root, 'node_modules/.bin/node');
  if (!existsSync(node)) {
    fail(
      `this is Node ${process.versions.node}, and Rollout Lab needs Node ${oldestNode} or newer: run npm install first`,
    );
  }
  const { status } = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

function fail(message) {
  process.stderr.write(`rollout-lab: ${message}\n`);
  process.exit(1);
}
