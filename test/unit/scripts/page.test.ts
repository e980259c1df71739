import { describe, expect, it } from 'vitest';
import { pageText } from '../../../scripts/package.ts';

describe('the page of the extension', () => {
  it('has its pictures in it, for there is nothing beside it', () => {
    const targets = [...pageText().matchAll(/!\[[^\]]+\]\(([^)]+)\)/gu)].map(([, target]) => target);
    expect(targets.length).toBeGreaterThan(2);
    for (const target of targets) expect(target).toMatch(/^data:image\/png;base64,iVBORw0KGgo/u);
  });

  it('leads to nothing that a reader of it has not', () => {
    expect([...pageText().matchAll(/\]\((?!data:)([^)]*)\)/gu)].map(([, target]) => target)).toEqual([]);
  });
});
