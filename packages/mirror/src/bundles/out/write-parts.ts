import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundledBlobs, bundleParts, findBundle, saveBundleParts } from '@sluice/catalog';
import { blobMember, type Manifest, manifestLine, partFileName, writeManifest } from '@sluice/formats/bundle';
import { bytesToHex } from '@sluice/formats/digest';
import { bundleKey } from '../signing-key.ts';
import { outputFolder } from './output.ts';
import { type PartMember, writePart } from './part-writer.ts';
import { uploadPart } from './s3.ts';
import type { OutWork } from './work.ts';

/** Last stage: write the parts, one a piece. Those that are done stay. */
export async function writeParts(work: OutWork): Promise<boolean> {
  const { deps, row, definition, place, report, signal } = work;
  const parts = await bundleParts(deps.db, row.id);
  const todo = parts.filter(({ state }) => state === 'todo');
  report.parts_done = parts.length - todo.length;
  report.bytes_written = parts.reduce((sum, { state, bytes }) => sum + (state === 'done' ? bytes : 0), 0);
  const [next] = todo;
  if (!next) return true;
  const { series, serial, base_serial: base, state_sha256 } = (await findBundle(deps.db, row.id))!;
  const folder = await outputFolder(deps, definition.output);
  const name = partFileName({ series, serial, base, part: next.part });
  await removeHalves(folder, name);
  const key = await bundleKey(deps);
  const path = join(folder, name);
  const written = await writePart({
    path,
    temporary: join(folder, `.${name}.${deps.newId()}.tmp`),
    storage: deps.storage,
    members: membersOf(work, next.part),
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
    where = await uploadPart(deps.guard, definition.output, { name, path }, signal);
    await rm(path);
  }
  report.parts_done++;
  await work.save({}, (trx) =>
    saveBundleParts(trx, row.id, [{ part: next.part, ...written, place: where, state: 'done' }]),
  );
  return todo.length === 1;
}

/** What an earlier try left of this part when it was killed. */
async function removeHalves(folder: string, name: string): Promise<void> {
  const left = (await readdir(folder)).filter((file) => file.startsWith(`.${name}.`) && file.endsWith('.tmp'));
  for (const file of left) await rm(join(folder, file), { force: true });
}

const page = 1000;

async function* membersOf({ deps: { db }, row }: OutWork, part: number): AsyncGenerator<PartMember> {
  for (let after = -1; ; ) {
    const blobs = await bundledBlobs(db, row.id, part, after, page);
    for (const blob of blobs) {
      const sha256 = bytesToHex(blob.sha256);
      yield { name: blob.member || blobMember(sha256), sha256, blob };
    }
    if (blobs.length < page) return;
    after = blobs.at(-1)!.position;
  }
}
