import { corruptZip } from './zip-errors.ts';

const IN_EXTRA = 0xffffffff;

/**
 * Numbers of a header, where 0xffffffff stands for "in the zip64 field": the field holds those, and only those, in the same order.
 *
 * @throws {ArchiveError} `corrupt`.
 */
export function readZip64Numbers(numbers: readonly number[], field: Buffer | undefined): number[] {
  let at = 0;
  return numbers.map((number) => {
    if (number !== IN_EXTRA) return number;
    if (field === undefined || at + 8 > field.length) throw corruptZip('a large size that is nowhere');
    const large = Number(field.readBigUInt64LE(at));
    if (!Number.isSafeInteger(large)) throw corruptZip('a size beyond all files');
    at += 8;
    return large;
  });
}
