/** Folders of other machines: SQLite shares a store's log by memory, which processes of one machine alone have in common. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** What Linux calls file systems that come over a network, by their magic numbers (statfs(2), linux/magic.h). */
const networks: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'SMB'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x786f4256, 'a folder of a virtual machine’s host'],
]);

/** What kind of network folder a file lies in; null where it is on a disk of this machine, or nothing says. */
export function networkOf(file: string): string | null {
  if (process.platform === 'win32') return file.startsWith('\\\\') ? 'a share' : null;
  // Other systems number theirs differently from version to version.
  if (process.platform !== 'linux') return null;
  try {
    return networks.get(statfsSync(dirname(file)).type >>> 0) ?? null;
  } catch {
    return null;
  }
}
