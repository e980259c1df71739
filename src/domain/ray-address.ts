/** Whether a run's cluster is one that its user named: a stored run may be a stranger's, and its data go where it says. Pure. */
import { sameEndpoint } from './judge-endpoint.ts';
import type { RayConfig } from './run.ts';

/** What a cluster's jobs are given of a run. */
export const sentToRay = 'its prompts, their media, its stored rollouts with their labels, and its policy';

/** Why a run, or another `noun`, is not to be sent to its cluster, where its user names the address `named`, or none; null where it may be. */
export function rayFault(ray: RayConfig | null, named: string | null, noun = 'run'): string | null {
  if (ray === null || (named !== null && sameEndpoint(ray.address, named))) return null;
  return (
    `the ${noun}’s Ray cluster is at ${ray.address}, which ${named === null ? 'you have not named' : `is not ${named}`}: it would get ` +
    `${sentToRay}. If you trust it, name it: in your user settings (rolloutLab.ray.address), or as --address URL on the command line`
  );
}

/** What of a cluster is taken for what follows a run: what the run took, where its user names that cluster, else what the user names. */
export const clusterOf = (former: RayConfig | null, named: RayConfig | null): RayConfig | null =>
  former !== null && rayFault(former, named?.address ?? null) === null ? former : named;

/** Where something is that is on a cluster, and where its media are if not sent or shared, for people. */
export function clusterText(
  { version, address, attempt }: { version: string; address: string; attempt: number },
  mediaUri: string | null = null,
): string {
  const media = mediaUri === null ? '' : `, with media from ${mediaUri}`;
  return `on Ray ${version} at ${address}, as its job ${attempt}${media}`;
}

/** What is said before a token goes over the network as anybody can read it; null where it does not. */
export function openTokenWarning(address: string): string | null {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname)) return null;
  return `The token and all that the run sends go to ${address} unencrypted: whoever is on the way can read them. Use https, or a tunnel to this machine.`;
}
