import { findChannelById } from '@sluice/catalog';
import { buildCondaPackage, createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileAnswer, findFile } from './find-file.ts';
import { ruledLayers } from './layers.ts';
import { publishChannel } from './publish-channel.ts';

// What the door gives while the layers and the published index say different things.

let catalog: TestCatalog;
let channel: number;
beforeEach(async () => {
  catalog = await createTestCatalog();
  channel = await catalog.addChannel('c');
});
afterEach(() => catalog.close());

async function ask(file: string): Promise<FileAnswer> {
  const row = await findChannelById(catalog.db, channel);
  return findFile(catalog, {
    channelId: channel,
    layers: await ruledLayers(catalog.db, row!, catalog.neededNoarch),
    subdir: 'linux-64',
    file,
  });
}

const file = 'a-1.0-0.conda';
const digest = (digit: string) => digit.repeat(64);
const record = (digit: string, more = {}) => ({ [file]: testRecord('a', '1.0', { sha256: digest(digit), ...more }) });

async function publish(): Promise<string> {
  catalog.clock.ms += 60_000;
  return (await publishChannel(catalog, channel, 'test')).status;
}

describe('a frozen channel', () => {
  it('gives the bytes it lists when the upstream has replaced them', async () => {
    const { sourceId } = await catalog.admit(record('1'));
    const mirror = await catalog.addMirror(channel, sourceId);
    await publish();
    await catalog.editChannel(channel, { frozen: true });
    await catalog.admit(record('2'), { sourceId });
    await catalog.editMirror(mirror, { at_rev: 2 });
    expect(await ask(file)).toMatchObject({
      status: 'served',
      record: { from_rev: 1 },
      expected: { sha256: digest('1') },
    });
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: [`a[sha256=${digest('1')}]`] }) });
    expect(await ask(file)).toMatchObject({ status: 'refused' });
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: [`a[sha256=${digest('2')}]`] }) });
    expect(await ask(file)).toMatchObject({ status: 'refused' });
  });

  it('gives the bytes it lists when somebody has uploaded others under that name', async () => {
    const own = await buildCondaPackage({ name: 'a', subdir: 'linux-64' });
    const listed = { [own.fileName]: testRecord('a', '1.0', { sha256: digest('1') }) };
    const { sourceId } = await catalog.admit(listed);
    await catalog.addMirror(channel, sourceId);
    await publish();
    await catalog.editChannel(channel, { frozen: true });
    await catalog.upload(channel, 'c', own);
    expect(await ask(own.fileName)).toMatchObject({ status: 'served', layer: { source_id: sourceId } });
    await catalog.editChannel(channel, { frozen: false });
    await publish();
    expect(await ask(own.fileName)).toMatchObject({ status: 'served', layer: { layer: 'uploads' } });
  });
});

it('a change that makes a rule deny holds before it is published', async () => {
  const filters = { exclude_licenses: ['gpl3'] };
  const { sourceId } = await catalog.admit(record('1', { license: 'MIT' }));
  const mirror = await catalog.addMirror(channel, sourceId, { filters });
  await publish();
  expect(await ask(file)).toMatchObject({ status: 'served' });
  await catalog.admit(record('1', { license: 'GPL-3.0-only' }), { sourceId });
  await catalog.editMirror(mirror, { at_rev: 2 });
  expect(await ask(file)).toMatchObject({ status: 'refused' });
});

it('what is listed under the name in another case is served', async () => {
  const { sourceId } = await catalog.admit({ [file]: testRecord('A', '1.0') });
  await catalog.addMirror(channel, sourceId);
  await publish();
  expect(await ask(file)).toMatchObject({ status: 'served' });
});

it('the time of publication moves with every version, back to an earlier one too', async () => {
  const { sourceId } = await catalog.admit(record('1'));
  const mirror = await catalog.addMirror(channel, sourceId);
  const times: number[] = [];
  for (const [i, digit] of ['1', '2', '1'].entries()) {
    await catalog.admit(record(digit), { sourceId });
    await catalog.editMirror(mirror, { at_rev: i + 1 });
    expect(await publish()).toBe('published');
    const answer = await ask(file);
    times.push(answer.status === 'served' ? answer.published_at.getTime() : 0);
  }
  expect(times).toEqual([1, 2, 3].map((n) => Date.parse('2026-11-21T00:00:00Z') + n * 60_000));
});
