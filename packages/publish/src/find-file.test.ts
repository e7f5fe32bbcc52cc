import { findChannelById } from '@sluice/catalog';
import { deleteFiles } from '@sluice/registry';
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

async function ask(file: string, at?: number): Promise<FileAnswer> {
  const row = await findChannelById(catalog.db, channel);
  return findFile(catalog, {
    channelId: channel,
    layers: await ruledLayers(catalog.db, row!, catalog.neededFiles),
    subdir: 'linux-64',
    file,
    ...(at === undefined ? {} : { at }),
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

describe('the past', () => {
  it('gives the bytes that were listed then, judged by the rules of today', async () => {
    const { sourceId } = await catalog.admit(record('1'));
    const mirror = await catalog.addMirror(channel, sourceId);
    await publish();
    await catalog.admit(record('2'), { sourceId });
    await catalog.editMirror(mirror, { at_rev: 2 });
    await publish();
    await catalog.admit({}, { sourceId });
    await catalog.editMirror(mirror, { at_rev: 3 });
    await publish();
    const served = (digit: string) => ({ status: 'served', expected: { sha256: digest(digit) } });
    expect(await ask(file, 1)).toMatchObject(served('1'));
    expect(await ask(file, 2)).toMatchObject(served('2'));
    expect(await ask(file, 3)).toEqual({ status: 'unlisted' });
    // Clients whose index is older ask the head for what it does not list any more.
    expect(await ask(file)).toMatchObject(served('2'));
    expect(await ask('b-1-0.conda', 1)).toEqual({ status: 'unlisted' });
    await catalog.editMirror(mirror, { filters: JSON.stringify({ exclude_specs: [`a[sha256=${digest('1')}]`] }) });
    expect(await ask(file, 1)).toMatchObject({ status: 'refused', decision: { reasons: [{ code: 'exclude_specs' }] } });
    expect(await ask(file, 2)).toMatchObject(served('2'));
  });

  it('is served also where the publication that brought the file is not kept', async () => {
    const { sourceId } = await catalog.admit(record('1'));
    const mirror = await catalog.addMirror(channel, sourceId);
    await publish();
    await catalog.admit({ ...record('1'), 'b-1-0.conda': testRecord('b', '1') }, { sourceId });
    await catalog.editMirror(mirror, { at_rev: 2 });
    await publish();
    await catalog.db.deleteFrom('publication').where('channel_id', '=', channel).where('no', '=', 1).execute();
    for (const at of [undefined, 2]) {
      expect(await ask(file, at)).toMatchObject({ status: 'served', published_at: new Date(catalog.clock.ms) });
    }
    await catalog.admit({}, { sourceId });
    await catalog.editMirror(mirror, { at_rev: 3 });
    await publish();
    await catalog.db.deleteFrom('publication').where('channel_id', '=', channel).where('no', '=', 2).execute();
    expect(await ask(file)).toEqual({ status: 'pending' });
  });

  it('does not give what was deleted, and says who deleted it and when', async () => {
    const own = await buildCondaPackage({ name: 'a', subdir: 'linux-64' });
    await catalog.upload(channel, 'c', own);
    await publish();
    const choice = { name: 'a', one: { subdir: 'linux-64', file: own.fileName } };
    await deleteFiles(catalog, { id: channel, path: 'c' }, choice, { id: 'x', name: 'ada' });
    const by = { actor: 'ada', at: new Date(catalog.clock.ms) };
    await publish();
    expect(await ask(own.fileName)).toEqual({ status: 'deleted', by });
    expect(await ask(own.fileName, 1)).toEqual({ status: 'deleted', by });
    expect(await ask(own.fileName, 2)).toEqual({ status: 'unlisted' });
    const other = await buildCondaPackage({ name: 'a', subdir: 'linux-64', depends: ['b'] });
    await catalog.upload(channel, 'c', other);
    await publish();
    expect(await ask(own.fileName, 1)).toEqual({ status: 'deleted', by });
    expect(await ask(own.fileName, 3)).toMatchObject({ status: 'served' });
    await deleteFiles(catalog, { id: channel, path: 'c' }, { name: 'a' }, { id: 'x', name: 'bob' });
    expect(await ask(own.fileName, 3)).toMatchObject({ status: 'deleted', by: { actor: 'bob' } });
  });

  it('does not give what came from a mirror that was removed, unless another has the same source', async () => {
    const { sourceId } = await catalog.admit(record('1'));
    const mirror = await catalog.addMirror(channel, sourceId);
    await publish();
    await catalog.db.deleteFrom('mirror').where('id', '=', mirror).execute();
    await publish();
    expect(await ask(file, 1)).toEqual({ status: 'gone' });
    expect(await ask(file, 2)).toEqual({ status: 'unlisted' });
    expect(await ask('b-1-0.conda', 1)).toEqual({ status: 'unlisted' });
    await catalog.addMirror(channel, sourceId);
    expect(await ask(file, 1)).toMatchObject({ status: 'served' });
  });
});
