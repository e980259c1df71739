/** A pure function that computes anew only when an argument is another than the last time; `same` says when they are not. */
export function kept<Args extends readonly unknown[], Result>(
  compute: (...args: Args) => Result,
  same: (a: Args, b: Args) => boolean = (a, b) => a.every((value, index) => Object.is(value, b[index])),
): (...args: Args) => Result {
  let last: { args: Args; result: Result } | null = null;
  return (...args) => {
    if (!last || !same(args, last.args)) last = { args, result: compute(...args) };
    return last.result;
  };
}
