import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithPython } from '../describe-with-python.ts';
import { readMetadataByRange } from '../range-metadata.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

await describeWithPython('conda-package-streaming on a passive mirror', (python) => {
  let sluice: Sluice;
  beforeAll(async () => {
    sluice = await startSluice();
  });
  afterAll(() => sluice.close());

  afterEach(() => sluice.upstream.reset());

  it.each([
    { privacy: 'public', file: 'linux-64/zlib-1.2.11-h7b6447c_3.conda' },
    { privacy: 'private', file: 'osx-64/zlib-1.2.11-h1de35cc_3.conda' },
  ])('reads metadata by Range before the file is local and after, $privacy', async ({ privacy, file }) => {
    await sluice.makeChannel(privacy, { privacy });
    await sluice.mirror(privacy, { mirror_mode: 'passive' });
    const headers = { 'x-auth': await sluice.readToken(privacy) };
    const read = () => readMetadataByRange(python, sluice.work, `${sluice.address(privacy)}${file}`, headers);
    const size = statSync(path.join(sluice.folder, file)).size;

    const before = await read();
    expect(before).toMatchObject({ ok: true, value: { index: { name: 'zlib', version: '1.2.11' } } });
    if (!before.ok) return;
    expect(before.value.asked.map(({ status }) => status)).toEqual(before.value.asked.map(() => 206));
    expect(before.value.bytes).toBeLessThan(size / 2);
    expect(sluice.upstream.count(`/${file}`)).toBe(1);

    sluice.upstream.fail(/./, { status: 503 });
    expect(await read()).toEqual(before);
    expect(sluice.upstream.count(`/${file}`)).toBe(1);
  });
});
