/**
 * The signature of records: their 64-bit words, sorted, 8 bytes each. Two equal signatures mean the same shard.
 *
 * @param words two 32-bit halves a record, as `recordHash` gives them, one record after the other.
 */
export function signatureOfWords(words: readonly number[]): Uint8Array {
  const hashes = new BigUint64Array(words.length / 2);
  new Uint32Array(hashes.buffer).set(words);
  return new Uint8Array(hashes.sort().buffer);
}
