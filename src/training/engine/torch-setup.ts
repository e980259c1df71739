/** The Python in which the PyTorch engine runs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from '../../store/folders.ts';

export async function torchEngine(): Promise<{ python: string } | null> {
  const record = await readFile(join(dataFolder(), 'torch.json'), 'utf8').catch(() => null);
  return record === null ? null : (JSON.parse(record) as { python: string });
}
