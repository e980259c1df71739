/** Media in an object store: the URI under which they lie by their paths. Pure. */

/** Bucket and prefix. What could hold a secret, a user or a query, is not among it. */
const form = /^(?:s3|gs):\/\/[A-Za-z0-9][\w.-]+((?:\/[^/?#\p{Cc}]+)*)\/*$/u;

/** Why media cannot lie under this URI; null where they can. */
export function mediaUriFault(uri: string): string | null {
  const prefix = form.exec(uri)?.at(1);
  const isWhole = prefix !== undefined && !prefix.split('/').some((part) => part === '.' || part === '..');
  return isWhole ? null : 'must be s3://BUCKET/PREFIX or gs://BUCKET/PREFIX, without user, query or fragment';
}

/** Where a medium of this name lies under the URI; null of one that has none. */
export const objectUri = (uri: string, name: string | null): string | null => (name === null ? null : `${uri}/${name}`);

/** What comes before the bucket. */
export const objectSchemes = ['s3:', 'gs:'] as const;

/** Whether a medium is called by its place in an object store, as in a job that fetches it from there. */
export const isObject = (path: string): boolean => objectSchemes.some((scheme) => path.startsWith(`${scheme}//`));
