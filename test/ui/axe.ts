import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is read of axe's results. */
interface Axe {
  run: (
    page: Document,
    options: unknown,
  ) => Promise<{
    violations: {
      id: string;
      impact: string;
      help: string;
      nodes: { target: unknown; any: { message: string }[] }[];
    }[];
  }>;
}

/** Puts axe into a page. */
export async function loadAxe(page: Frame): Promise<void> {
  await page.evaluate(source);
}

/** What axe finds amiss in a panel at rest, one line each: how bad, which rule, where. What still loads or fades is looked at again. */
export async function faultsOf(page: Frame): Promise<string[]> {
  await loadAxe(page);
  let faults = await faultsNow(page);
  for (const limit = Date.now() + 5000; faults.length > 0 && Date.now() < limit; faults = await faultsNow(page));
  return faults;
}

/** What it finds in order stays in the page: that is long. */
function faultsNow(page: Frame): Promise<string[]> {
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run(document, {
      iframes: false,
      // Off by default as experimental: who speaks to the machine says what is written on a button.
      rules: { 'label-content-name-mismatch': { enabled: true } },
    });
    return violations.flatMap(({ id, impact, help, nodes }) =>
      nodes.map(({ target, any }) => `${impact}, ${id}: ${JSON.stringify(target)}: ${any[0]?.message ?? help}`),
    );
  });
}
