/** Things in batches of so many records: each ends with the thing that fills it. */
export function* batches<T>(
  things: Iterable<T>,
  records: number,
  recordsOf: (thing: T) => number,
): Generator<readonly T[]> {
  let batch: T[] = [];
  let count = 0;
  for (const thing of things) {
    batch.push(thing);
    count += recordsOf(thing);
    if (count < records) continue;
    yield batch;
    batch = [];
    count = 0;
  }
  if (batch.length > 0) yield batch;
}
