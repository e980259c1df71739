import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';

const id = 'rollout-lab.rollout-lab';

describe('the extension', () => {
  it('is found by VS Code', () => {
    assert.equal(vscode.extensions.getExtension(id)?.id, id);
  });
});
