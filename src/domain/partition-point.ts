/** How many of `sorted`'s leading values `before` holds for, which must hold for none after the first it fails for. */
export function partitionPoint<T>(sorted: ArrayLike<T>, before: (value: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
