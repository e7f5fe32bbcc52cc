import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { parseMd5, parseSha256 } from '@sluice/formats/digest';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlobRef, BlobStore } from './blob-store.ts';
import { type ReceiveOptions, WITHHELD_BYTES } from './receiving.ts';

/** One backend under test: an empty store, and how to get rid of it. */
export type StoreUnderTest = { readonly store: BlobStore; dispose(): Promise<void> };

/** What every blob store must do, whatever its medium. Call it once a backend, from that backend's test file. */
export function describeBlobStore(name: string, openStore: () => Promise<StoreUnderTest>): void {
  describe(`blob store contract: ${name}`, () => {
    let store: BlobStore;
    let dispose: () => Promise<void>;

    beforeEach(async () => {
      ({ store, dispose } = await openStore());
    });
    afterEach(() => dispose());

    async function put(bytes: Uint8Array, options?: ReceiveOptions): Promise<BlobRef> {
      const receiving = await store.receive(options);
      await receiving.write(bytes);
      await receiving.finish();
      receiving.verified();
      return receiving.commit();
    }

    async function listed(): Promise<string[]> {
      const names: string[] = [];
      for await (const object of store.list()) names.push(object.kind === 'blob' ? object.sha256 : `pack ${object.id}`);
      return names.sort();
    }

    describe('receiving', () => {
      test('what was committed can be read, and carries both digests', async () => {
        const bytes = randomBytes(300_000);
        const ref = await put(bytes);
        expect(ref).toEqual({ sha256: sha256Of(bytes), md5: md5Of(bytes), size: 300_000 });
        expect(await store.stat(ref)).toEqual({ size: 300_000 });
        expect(Buffer.compare(await store.read(ref), bytes)).toBe(0);
        expect(await listed()).toEqual([ref.sha256]);
      });

      test('the MD5 is left out where nobody asks for it', async () => {
        const bytes = Buffer.from('bytes of our own');
        const receiving = await store.receive({ md5: false });
        await receiving.write(bytes);
        expect(await receiving.finish()).toEqual({ sha256: sha256Of(bytes), size: bytes.length });
        receiving.verified();
        expect(Buffer.compare(await store.read(await receiving.commit()), bytes)).toBe(0);
      });

      test('however the bytes are cut, the digests are those of the whole', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 12 }), async (chunks) => {
            const receiving = await store.receive();
            for (const chunk of chunks) await receiving.write(chunk);
            const whole = Buffer.concat(chunks);
            expect(await receiving.finish()).toEqual({
              sha256: sha256Of(whole),
              md5: md5Of(whole),
              size: whole.length,
            });
            receiving.verified();
            const ref = await receiving.commit();
            expect(Buffer.compare(await store.read(ref), whole)).toBe(0);
          }),
          { numRuns: 40 },
        );
      });

      test('the same bytes again are one blob', async () => {
        const first = await put(Buffer.from('same'));
        const second = await put(Buffer.from('same'));
        expect(second).toEqual(first);
        expect(await listed()).toEqual([first.sha256]);
      });

      test('commit twice does it once', async () => {
        const receiving = await store.receive();
        await receiving.write(Buffer.from('once'));
        await receiving.finish();
        receiving.verified();
        const [one, two] = await Promise.all([receiving.commit(), receiving.commit()]);
        expect(two).toEqual(one);
        expect(await receiving.commit()).toEqual(one);
        await receiving.discard();
        expect(await store.stat(one)).toEqual({ size: 4 });
      });

      test('the finished file can be inspected by its path before it is verified', async () => {
        const receiving = await store.receive();
        await receiving.write(Buffer.from('look at me'));
        await receiving.finish();
        expect(await readFile(receiving.path, 'utf8')).toBe('look at me');
        await receiving.discard();
        await expect(readFile(receiving.path)).rejects.toMatchObject({ code: 'ENOENT' });
      });

      const right = Buffer.from('right');
      test.each<[string, ReceiveOptions, Uint8Array, string]>([
        ['another sha256', { expect: { sha256: sha256Of(right) } }, Buffer.from('wrong'), 'blob_corrupt'],
        ['another md5', { expect: { md5: md5Of(right) } }, Buffer.from('wrong'), 'blob_corrupt'],
        ['fewer bytes than announced', { expect: { size: 6 } }, right, 'blob_corrupt'],
        ['more bytes than announced', { expect: { size: 4 } }, right, 'blob_corrupt'],
        ['more bytes than allowed', { maxBytes: 4 }, right, 'blob_too_large'],
      ])('%s: refused, and nothing is stored', async (_, options, bytes, code) => {
        const receiving = await store.receive(options);
        const taking = receiving.write(bytes).then(() => receiving.finish());
        await expect(taking).rejects.toMatchObject({ name: 'StorageError', code });
        await expect(receiving.commit()).rejects.toMatchObject({ code });
        await receiving.discard();
        expect(await listed()).toEqual([]);
        expect(await store.sweepTemp(0, Date.now() + 60_000)).toEqual({ files: 0, bytes: 0 });
      });

      test('what agrees in everything announced is taken, at the very limit too', async () => {
        const expected = { sha256: sha256Of(right), md5: md5Of(right), size: 5 };
        expect(await put(right, { maxBytes: 5, expect: expected })).toEqual(expected);
      });

      test.each<[string, (receiving: Awaited<ReturnType<BlobStore['receive']>>) => Promise<unknown>]>([
        ['commit before verified', async (receiving) => receiving.finish().then(() => receiving.commit())],
        ['verified before finish', async (receiving) => receiving.verified()],
        ['write after finish', async (receiving) => receiving.finish().then(() => receiving.write(right))],
        ['two writes at once', async (receiving) => Promise.all([receiving.write(right), receiving.write(right)])],
      ])('%s is refused', async (_, misuse) => {
        const receiving = await store.receive();
        await expect(misuse(receiving)).rejects.toMatchObject({ code: 'receive_state' });
        await receiving.discard();
        expect(await listed()).toEqual([]);
      });

      test('a batch is committed in the order given, equal members once', async () => {
        const contents = ['a', 'b', 'a', '', 'c'].map((text) => Buffer.from(text));
        const receivings = await Promise.all(
          contents.map(async (bytes) => {
            const receiving = await store.receive();
            await receiving.write(bytes);
            await receiving.finish();
            receiving.verified();
            return receiving;
          }),
        );
        const refs = await store.commitMany(receivings);
        expect(refs.map(({ sha256 }) => sha256)).toEqual(contents.map(sha256Of));
        expect(await listed()).toEqual([...new Set(contents.map(sha256Of))].sort());
        for (const [index, ref] of refs.entries())
          expect(Buffer.compare(await store.read(ref), contents[index]!)).toBe(0);
        expect(await store.sweepTemp(0, Date.now() + 60_000)).toEqual({ files: 0, bytes: 0 });
      });

      test('a batch with one that is not verified changes nothing', async () => {
        const good = await store.receive();
        const unverified = await store.receive();
        await good.finish();
        good.verified();
        await unverified.finish();
        await expect(store.commitMany([good, unverified])).rejects.toMatchObject({ code: 'receive_state' });
        expect(await listed()).toEqual([]);
        await Promise.all([good.discard(), unverified.discard()]);
      });
    });

    describe('tailing', () => {
      test('a hundred readers see the bytes as they are written, and all of them in the end', async () => {
        const bytes = randomBytes(3 * 1024 * 1024);
        const receiving = await store.receive();
        let seenByAll = 0;
        const seen = new Array<number>(100).fill(0);
        const readers = seen.map(async (_, index) => {
          const hash = createHash('sha256');
          for await (const chunk of receiving.readFrom(0)) {
            hash.update(chunk);
            seen[index]! += chunk.byteLength;
            seenByAll = Math.min(...seen);
          }
          return hash.digest('hex');
        });
        for (let at = 0; at < bytes.length; at += 100_000) await receiving.write(bytes.subarray(at, at + 100_000));
        await until(() => seenByAll === bytes.length - WITHHELD_BYTES);
        await receiving.finish();
        receiving.verified();
        await receiving.commit();
        expect(new Set(await Promise.all(readers))).toEqual(new Set([sha256Of(bytes)]));
      });

      test('the last bytes are withheld until verified', async () => {
        const receiving = await store.receive();
        await receiving.write(Buffer.alloc(WITHHELD_BYTES + 10));
        await receiving.finish();
        const reader = receiving.readFrom(0)[Symbol.asyncIterator]();
        expect((await reader.next()).value?.byteLength).toBe(10);
        const rest = reader.next();
        expect(await Promise.race([rest, pause(30).then(() => 'withheld')])).toBe('withheld');
        receiving.verified();
        expect((await rest).value?.byteLength).toBe(WITHHELD_BYTES);
        expect(await reader.next()).toEqual({ done: true, value: undefined });
        await receiving.discard();
      });

      test('on a wrong digest readers get the error, never the last bytes', async () => {
        const bytes = randomBytes(200_000);
        const receiving = await store.receive({ expect: { sha256: sha256Of(Buffer.from('another')) } });
        const readers = [0, 1, 50_000].map((offset) => gather(receiving.readFrom(offset)));
        const outcomes = Promise.allSettled(readers);
        await receiving.write(bytes);
        const error = await receiving.finish().catch((problem: unknown) => problem);
        expect(error).toMatchObject({ code: 'blob_corrupt' });
        for (const outcome of await outcomes) expect(outcome).toEqual({ status: 'rejected', reason: error });
        await expect(gather(receiving.readFrom(0))).rejects.toBe(error);
      });

      test('abort hands its error to readers waiting and readers to come', async () => {
        const receiving = await store.receive();
        const waiting = gather(receiving.readFrom(0));
        waiting.catch(() => {});
        const cut = new Error('upstream cut the connection');
        await receiving.abort(cut);
        await expect(waiting).rejects.toBe(cut);
        await expect(gather(receiving.readFrom(0))).rejects.toBe(cut);
        await expect(receiving.write(Buffer.from('late'))).rejects.toBe(cut);
      });

      test('discard ends readers with receive_aborted', async () => {
        const receiving = await store.receive();
        const waiting = gather(receiving.readFrom(0));
        waiting.catch(() => {});
        await receiving.discard();
        await expect(waiting).rejects.toMatchObject({ code: 'receive_aborted' });
      });

      test('a reader that leaves while it waits disturbs nobody', async () => {
        const receiving = await store.receive();
        const leaving = new AbortController();
        const left = gather(receiving.readFrom(0, leaving.signal));
        left.catch(() => {});
        const staying = gather(receiving.readFrom(0));
        await pause(5);
        leaving.abort(new Error('client went away'));
        await expect(left).rejects.toThrow('client went away');
        await receiving.write(Buffer.from('for the others'));
        await receiving.finish();
        receiving.verified();
        expect((await staying).toString()).toBe('for the others');
        await receiving.discard();
      });

      test('readers begun before and after commit read the whole', async () => {
        const bytes = randomBytes(700_000);
        const receiving = await store.receive();
        await receiving.write(bytes);
        const slow = receiving.readFrom(10)[Symbol.asyncIterator]();
        const first = await slow.next();
        await receiving.finish();
        receiving.verified();
        await receiving.commit();
        const parts = [first.value as Uint8Array];
        for (let next = await slow.next(); !next.done; next = await slow.next()) parts.push(next.value);
        expect(Buffer.compare(Buffer.concat(parts), bytes.subarray(10))).toBe(0);
        expect(Buffer.compare(await gather(receiving.readFrom(699_990)), bytes.subarray(699_990))).toBe(0);
      });
    });

    describe('packs', () => {
      test('items come back from their places; equal ones share theirs', async () => {
        const items = ['one', '', 'two', 'one', 'x'.repeat(70_000)].map((text) => Buffer.from(text));
        const packed = await store.putPack(items);
        expect(packed.map(({ sha256, length }) => [sha256, length])).toEqual(
          items.map((item) => [sha256Of(item), item.length]),
        );
        expect(packed[3]).toEqual(packed[0]);
        for (const [index, { sha256, pack, offset, length }] of packed.entries()) {
          const ref: BlobRef = { sha256, size: length, pack: { id: pack, offset } };
          expect(await store.stat(ref)).toEqual({ size: length });
          expect(Buffer.compare(await store.read(ref), items[index]!)).toBe(0);
          expect(Buffer.compare(await gather(store.open(ref)), items[index]!)).toBe(0);
          expect(Buffer.compare(await sent(store, ref), items[index]!)).toBe(0);
        }
        expect(await listed()).toEqual([`pack ${packed[0]!.pack}`]);
      });

      test('many items go into one pack', async () => {
        const items = Array.from({ length: 3000 }, (_, index) => Buffer.from(`item ${index}`));
        const packed = await store.putPack(items);
        expect(new Set(packed.map(({ pack }) => pack)).size).toBe(1);
        const { sha256, pack, offset, length } = packed[2999]!;
        expect(Buffer.from(await store.read({ sha256, size: length, pack: { id: pack, offset } })).toString()).toBe(
          'item 2999',
        );
      });

      test('no items make no pack', async () => {
        expect(await store.putPack([])).toEqual([]);
        expect(await listed()).toEqual([]);
      });

      test('what is needed of several packs is copied into one, to the byte', async () => {
        const [a, b] = await Promise.all([
          store.putPack(['dead', 'one', 'two'].map((text) => Buffer.from(text))),
          store.putPack(['three', 'x'.repeat(1 << 20), 'one'].map((text) => Buffer.from(text))),
        ]);
        const alone = await put(Buffer.from('alone'));
        const places = [a[2]!, a[1]!, b[0]!, b[1]!, b[2]!];
        const refs: BlobRef[] = [
          ...places.map(({ sha256, pack, offset, length }) => ({ sha256, size: length, pack: { id: pack, offset } })),
          alone,
        ];
        const copied = await store.repack(refs);
        expect(copied.map(({ sha256, length }) => [sha256, length])).toEqual(refs.map((ref) => [ref.sha256, ref.size]));
        expect(copied[4]).toEqual(copied[1]);
        expect(new Set(copied.map(({ pack }) => pack)).size).toBe(1);
        for (const ref of refs) await store.read(ref);
        for (const pack of [a[0]!.pack, b[0]!.pack]) await store.deletePack(pack);
        for (const { sha256, pack, offset, length } of copied) {
          const ref: BlobRef = { sha256, size: length, pack: { id: pack, offset } };
          expect(sha256Of(await store.read(ref))).toBe(sha256);
        }
        expect(await store.repack([])).toEqual([]);
      });

      test('nothing is copied that is missing or has other bytes than its digest', async () => {
        const [good, other] = await store.putPack([Buffer.from('good'), Buffer.from('othr')]);
        const ref: BlobRef = { sha256: good!.sha256, size: 4, pack: { id: good!.pack, offset: good!.offset } };
        const wrong: BlobRef = { ...ref, sha256: sha256Of(Buffer.from('evil')), pack: { id: other!.pack, offset: 4 } };
        const before = await listed();
        await expect(store.repack([ref, wrong])).rejects.toMatchObject({ code: 'blob_corrupt' });
        const gone: BlobRef = { ...ref, pack: { id: 'none', offset: 0 } };
        await expect(store.repack([ref, gone])).rejects.toMatchObject({ code: 'blob_missing' });
        expect(await listed()).toEqual(before);
        expect(await store.sweepTemp(0, Date.now() + 60_000)).toEqual({ files: 0, bytes: 0 });
      });

      test('the listing goes by parts, too', async () => {
        const ref = await put(Buffer.from('in a part'));
        const [packed] = await store.putPack([Buffer.from('packed')]);
        const part = async (name: string) => {
          const found: string[] = [];
          for await (const object of store.list(name)) found.push(object.kind === 'blob' ? object.sha256 : object.id);
          return found;
        };
        const [first, last] = [ref.sha256.slice(0, 2), ref.sha256.startsWith('00') ? '01' : '00'];
        expect([await part(first), await part(last), await part('packs')]).toEqual([[ref.sha256], [], [packed!.pack]]);
      });

      test('a packed blob goes only with its pack', async () => {
        const [packed] = await store.putPack([Buffer.from('packed')]);
        const ref: BlobRef = { sha256: packed!.sha256, size: 6, pack: { id: packed!.pack, offset: packed!.offset } };
        await store.read(ref);
        await expect(store.delete(ref)).rejects.toMatchObject({ code: 'blob_packed' });
        expect(await store.deletePack(packed!.pack)).toBe(true);
        expect(await store.deletePack(packed!.pack)).toBe(false);
        expect(await store.stat(ref)).toBeUndefined();
        await expect(store.read(ref)).rejects.toMatchObject({ code: 'blob_missing' });
      });
    });

    describe('reading', () => {
      test('any range comes back exactly, by both ways', async () => {
        const bytes = randomBytes(1_200_000);
        const packed = await store.putPack([Buffer.from('before'), bytes, Buffer.from('after')]);
        const { sha256, pack, offset } = packed[1]!;
        const refs: BlobRef[] = [await put(bytes), { sha256, size: bytes.length, pack: { id: pack, offset } }];
        const edge = fc.oneof(fc.constantFrom(0, 1, 262_143, 262_144, 262_145, bytes.length), fc.nat(bytes.length));
        await fc.assert(
          fc.asyncProperty(fc.constantFrom(...refs), edge, edge, async (ref, one, other) => {
            const range = { start: Math.min(one, other), end: Math.max(one, other) };
            const wanted = bytes.subarray(range.start, range.end);
            expect(Buffer.compare(await gather(store.open(ref, range)), wanted)).toBe(0);
            expect(Buffer.compare(await sent(store, ref, range), wanted)).toBe(0);
          }),
          { numRuns: 40 },
        );
      });

      test('a large blob is sent whole to many at once', async () => {
        const bytes = randomBytes(9 * 1024 * 1024 + 1);
        const ref = await put(bytes);
        const copies = await Promise.all(Array.from({ length: 8 }, () => sent(store, ref)));
        for (const copy of copies) expect(Buffer.compare(copy, bytes)).toBe(0);
      });

      test('a client that closes half way ends the sending', async () => {
        const ref = await put(Buffer.alloc(40 * 1024 * 1024));
        const read = await store.createRead(ref);
        const outcome = answering(
          (response) =>
            read.send(response).then(
              () => 'sent',
              (error: unknown) => error,
            ),
          async (port) => {
            const client = connect(port, '127.0.0.1');
            client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
            client.once('data', () => client.destroy());
          },
        );
        await expect(outcome).resolves.toMatchObject({ code: 'reader_gone' });
        const gone = new Socket();
        gone.destroy();
        await expect((await store.createRead(ref)).send(gone)).rejects.toMatchObject({ code: 'reader_gone' });
        expect((await sent(store, ref)).length).toBe(ref.size);
      });

      test.each([
        [-1, 2],
        [2, 1],
        [0, 6],
      ])('the range %d to %d of five bytes is refused', async (start, end) => {
        const ref = await put(Buffer.from('12345'));
        await expect(gather(store.open(ref, { start, end }))).rejects.toMatchObject({ code: 'blob_range' });
        await expect(store.createRead(ref, { start, end })).rejects.toMatchObject({ code: 'blob_range' });
      });

      test('what is not there is missing, not empty', async () => {
        const sha256 = sha256Of(Buffer.from('never stored'));
        for (const ref of [
          { sha256, size: 3 },
          { sha256, size: 3, pack: { id: 'none', offset: 0 } },
        ]) {
          expect(await store.stat(ref)).toBeUndefined();
          await expect(store.read(ref)).rejects.toMatchObject({ code: 'blob_missing' });
          await expect(gather(store.open(ref))).rejects.toMatchObject({ code: 'blob_missing' });
          await expect(store.createRead(ref)).rejects.toMatchObject({ code: 'blob_missing' });
        }
      });

      test('a blob whose length is not that of its reference is corrupt', async () => {
        const ref = { ...(await put(Buffer.from('12345'))), size: 6 };
        await expect(store.read(ref)).rejects.toMatchObject({ code: 'blob_corrupt' });
        await expect(gather(store.open(ref))).rejects.toMatchObject({ code: 'blob_corrupt' });
        await expect(store.createRead(ref)).rejects.toMatchObject({ code: 'blob_corrupt' });
        const [packed] = await store.putPack([Buffer.from('12345')]);
        const beyond = { sha256: ref.sha256, size: 6, pack: { id: packed!.pack, offset: 0 } };
        expect(await store.stat(beyond)).toBeUndefined();
        await expect(store.read(beyond)).rejects.toMatchObject({ code: 'blob_corrupt' });
      });

      const shared = (bytes: number) => new Uint8Array(new SharedArrayBuffer(bytes));

      test('many come at once, each at its place, and nothing between them is touched', async () => {
        const contents = [randomBytes(70_000), Buffer.alloc(0), Buffer.from('packed')];
        const [, packed] = await store.putPack([Buffer.from('before'), contents[2]!]);
        const { sha256, pack, offset } = packed!;
        const refs: BlobRef[] = [
          await put(contents[0]!),
          await put(contents[1]!),
          { sha256, size: 6, pack: { id: pack, offset } },
        ];
        const into = shared(70_100).fill(7);
        const places = [10, 5, 70_020];
        await store.readMany(
          into,
          refs.map((ref, i) => ({ ref, at: places[i]! })),
        );
        const wanted = Buffer.alloc(70_100, 7);
        for (const [i, bytes] of contents.entries()) bytes.copy(wanted, places[i]!);
        expect(Buffer.compare(into, wanted)).toBe(0);
      });

      test('of many, one that is missing, damaged or too large is named', async () => {
        const good = await put(Buffer.from('good!'));
        const sha256 = sha256Of(Buffer.from('never stored'));
        const [other] = await store.putPack([Buffer.from('other')]);
        const many = (ref: BlobRef, at = 5) =>
          store.readMany(
            shared(10),
            [good, ref].map((one, i) => ({ ref: one, at: i * at })),
          );
        await expect(many({ sha256, size: 5 })).rejects.toMatchObject({ code: 'blob_missing', wanted: sha256 });
        await expect(many({ sha256, size: 5, pack: { id: other!.pack, offset: 0 } })).rejects.toMatchObject({
          code: 'blob_corrupt',
          wanted: sha256,
        });
        await expect(many({ ...good, size: 4 })).rejects.toMatchObject({ code: 'blob_corrupt', wanted: good.sha256 });
        await expect(many(good, 6)).rejects.toMatchObject({ code: 'blob_range' });
        await many(good);
      });
    });

    describe('deleting', () => {
      test('a deleted blob is gone; deleting it again says so', async () => {
        const ref = await put(Buffer.from('away'));
        expect(await store.delete(ref)).toBe(true);
        expect(await store.delete(ref)).toBe(false);
        expect(await store.stat(ref)).toBeUndefined();
      });

      test('a blob received again since it was found unreferenced stays', async () => {
        const ref = await put(Buffer.from('wanted again'));
        const foundUnreferenced = Date.now() + 5;
        await until(() => Date.now() > foundUnreferenced);
        await put(Buffer.from('wanted again'));
        expect(await store.delete(ref, foundUnreferenced)).toBe(false);
        expect(await store.stat(ref)).toEqual({ size: 12 });
        expect(await store.delete(ref, Date.now() + 60_000)).toBe(true);
      });
    });

    test('sweeping takes nothing that is being received', async () => {
      const receiving = await store.receive();
      await receiving.write(Buffer.from('still coming'));
      expect(await store.sweepTemp(0, Date.now() + 60_000)).toEqual({ files: 0, bytes: 0 });
      await receiving.finish();
      receiving.verified();
      expect(await store.stat(await receiving.commit())).toEqual({ size: 12 });
    });
  });
}

const sha256Of = (bytes: Uint8Array) => parseSha256(createHash('sha256').update(bytes).digest('hex'));
const md5Of = (bytes: Uint8Array) => parseMd5(createHash('md5').update(bytes).digest('hex'));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(1);
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** One HTTP answer made by `answer` to what `ask` sends; resolves with what `answer` came to. */
async function answering<T>(
  answer: (response: ServerResponse) => Promise<T>,
  ask: (port: number) => Promise<unknown>,
): Promise<T> {
  const answered = Promise.withResolvers<T>();
  const server = createServer((_, response) => {
    answered.resolve(answer(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const [outcome] = await Promise.all([answered.promise, ask((server.address() as AddressInfo).port)]);
    return outcome;
  } finally {
    server.close();
  }
}

/** What a real HTTP client gets of a blob. */
async function sent(store: BlobStore, ref: BlobRef, range?: { start: number; end: number }): Promise<Buffer> {
  const read = await store.createRead(ref, range);
  let arrived: ArrayBuffer | undefined;
  await answering(
    async (response) => {
      response.setHeader('Content-Length', read.length);
      await read.send(response);
      response.end();
    },
    async (port) => {
      arrived = await (await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: 'close' } })).arrayBuffer();
    },
  );
  return Buffer.from(arrived!);
}
