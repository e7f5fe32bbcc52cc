/** Wait for two works that go on at the same time, also when one fails: nothing then goes on behind the caller's back. */
export async function together<A, B>(one: A, other: B): Promise<[Awaited<A>, Awaited<B>]> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}
