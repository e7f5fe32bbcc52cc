import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { blobsByDigest, bundleParts, findBundle, saveBundleParts } from '@sluice/catalog';
import { type Manifest, manifestLine, partFileName, writeManifest } from '@sluice/formats/bundle';
import { bytesToHex, parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import { MirrorError } from '../../errors.ts';
import { bundleKey } from '../signing-key.ts';
import { outputFolder } from './output.ts';
import type { PartMember } from './part-body.ts';
import { writePart } from './part-writer.ts';
import { partPlan } from './plan-parts.ts';
import { halfName, removeHalves } from './remove-halves.ts';
import { uploadPart } from './s3.ts';
import type { OutWork } from './work.ts';

/** Last stage: write the parts, one a piece. Those that are done stay. */
export async function writeParts(work: OutWork): Promise<'write' | 'over'> {
  const { deps, row, definition, place, report } = work;
  const parts = await bundleParts(deps.db, row.id);
  const todo = parts.filter(({ state }) => state === 'todo');
  report.parts_done = parts.length - todo.length;
  report.bytes_written = parts.reduce((sum, { state, bytes }) => sum + (state === 'done' ? bytes : 0), 0);
  const [next] = todo;
  if (!next) return 'over';
  const { series, serial, base_serial: base, state_sha256 } = (await findBundle(deps.db, row.id))!;
  const folder = await outputFolder(deps, definition.output);
  const name = partFileName({ series, serial, base, part: next.part });
  await removeHalves(folder, name);
  const key = await bundleKey(deps);
  const path = join(folder, name);
  const written = await writePart({
    path,
    temporary: join(folder, halfName(name, deps.newId())),
    storage: deps.storage,
    members: membersOf(work, next.part),
    size: next.bytes,
    onBytes: async (bytes) => {
      report.bytes_written += bytes;
      await work.tick();
    },
    manifest: (body, bytes) => {
      const manifest: Manifest = {
        ...{ issuer: key.issuer, series, serial, base, part: next.part, parts: parts.length },
        created: `${row.created_at.toISOString().slice(0, 19)}Z`,
        state: bytesToHex(state_sha256!),
        contents: place.contents!,
        ...{ body, bytes },
      };
      const line = manifestLine(manifest);
      return writeManifest(line, key.sign(line));
    },
  });
  let where = path;
  if (definition.output?.startsWith('s3://')) {
    try {
      where = await uploadPart(deps.guard, definition.output, { name, path }, work);
    } finally {
      await rm(path);
    }
  }
  report.parts_done++;
  await work.save({}, (trx) =>
    saveBundleParts(trx, row.id, [{ part: next.part, ...written, place: where, state: 'done' }]),
  );
  return todo.length === 1 ? 'over' : 'write';
}

const page = 1000;

async function* membersOf(work: OutWork, part: number): AsyncGenerator<PartMember> {
  const { members, starts } = await partPlan(work);
  const end = starts[part] ?? members.length;
  for (let at = starts[part - 1]!; at < end; at += page) {
    const some = members.slice(at, Math.min(at + page, end));
    // Asked for a page at a time: packs are rewritten now and then, and blobs lie elsewhere afterwards.
    const blobs = await blobsByDigest(
      work.deps.db,
      some.map(({ sha256 }) => sha256ToBytes(parseSha256(sha256))),
    );
    for (const { name, sha256 } of some) {
      const blob = blobs.get(sha256);
      if (!blob) throw new MirrorError('digest_mismatch', `The blob ${sha256} is gone.`, { found: sha256 });
      yield { name, sha256, blob };
    }
  }
}
