import { posix } from 'node:path';
import { ArchiveError } from '../errors.ts';
import { type RandomAccess, readRange } from '../random-access.ts';
import { BLOCK_BYTES } from '../tar/read-header.ts';
import { createTarParser } from '../tar/tar-parser.ts';
import { type ArchiveTree, treeBuilder } from './archive-tree.ts';

/** Read at once while looking for headers: those of small files stand close together. */
const windowBytes = 16 * 1024;

/**
 * The files of a plain tar: its headers are read and the contents passed over. Links within it count as the files they lead to.
 *
 * @throws {ArchiveError} as the tar parser, and what `TreeBuilder.add` throws.
 */
export async function tarTree(access: RandomAccess): Promise<ArchiveTree> {
  const tree = treeBuilder();
  let at = 0;
  const parser = createTarParser(({ path, kind, size, target }) => {
    if (kind === 'file') tree.add(path, storedFile(at + BLOCK_BYTES, size, path));
    if (kind === 'hardlink') tree.link(path, target!);
    if (kind === 'symlink') tree.link(path, posix.join(posix.dirname(path), target!));
    return undefined;
  });
  let window = new Uint8Array();
  let windowAt = 0;
  for (;;) {
    const skipped = parser.skip();
    if (skipped > 0) {
      at += skipped;
      if (at > access.size) break;
      continue;
    }
    if (at < windowAt || at + BLOCK_BYTES > windowAt + window.length) {
      window = Uint8Array.from(await access.read(at, windowBytes));
      windowAt = at;
    }
    const block = window.subarray(at - windowAt, at - windowAt + BLOCK_BYTES);
    if (block.length === 0) break;
    parser.push(block);
    at += block.length;
    if (block.length < BLOCK_BYTES) break;
  }
  if (at > access.size) throw cutShort('the tar', at, access.size);
  parser.end();
  return tree.build();
}

function storedFile(start: number, size: number, path: string) {
  return {
    size,
    start,
    version: String(start),
    async *read(access: RandomAccess) {
      let read = 0;
      for await (const piece of readRange(access, start, start + size)) {
        read += piece.byteLength;
        yield piece;
      }
      if (read < size) throw cutShort(`"${path.slice(0, 200)}"`, size, read);
    },
  };
}

function cutShort(what: string, wanted: number, found: number): ArchiveError {
  return new ArchiveError('truncated', `The file ends inside ${what}. Bring it here again.`, {
    wanted: `${wanted} bytes`,
    found: `${found} bytes`,
  });
}
