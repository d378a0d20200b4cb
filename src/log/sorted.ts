/** The index of the first item, of a sorted array, that is beyond; the array's length where none is. */
export function firstIndex<T>(items: readonly T[], isBeyond: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBeyond(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
