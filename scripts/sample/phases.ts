/** Gold phases of a completion in the sample project's grammar: plan, statements "At 0:03 …", conclusion "So …". */

const grammar = /^(?<planning><think>.*?)(?<evidence>(?: At \d+:\d\d [^.]*\.)+)(?<synthesis> So .*)$/su;

/**
 * The two boundaries (UTF-16 offsets: evidence starts, synthesis starts) of a completion, or null when it does not follow the
 * grammar. A phase begins with the space before its first word, as its first token does.
 */
export function goldBoundaries(completion: string): [number, number] | null {
  const groups = grammar.exec(completion)?.groups;
  if (!groups) return null;
  const evidence = groups.planning.length;
  return [evidence, evidence + groups.evidence.length];
}
