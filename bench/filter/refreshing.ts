import { timed } from '../measure.ts';
import { etagOf, indexUrl, untilChanged } from '../sluice/head.ts';
import type { MirrorState } from '../sluice/management.ts';
import { checkStep, type Editing } from './editing.ts';
import type { KnownPart } from './known-part.ts';

/** A run of the mirror when the upstream has nothing new and says so. @throws when it did not, or something was published. */
export async function unchangedByValidator(editing: Editing): Promise<number> {
  editing.scene.upstream.reset();
  const seconds = await runMirror(editing, 'unchanged, 304');
  expectAnswer(editing, 304);
  await expectSame(editing, 'unchanged, 304');
  return seconds;
}

/** A run when the upstream sends all of it again without a validator. @throws when a row or a blob was written for it. */
export async function unchangedBytes(editing: Editing): Promise<number> {
  const { upstream, behaviour, life } = editing.scene;
  upstream.reset();
  behaviour.validators = false;
  const before = JSON.stringify(await life.database.written());
  const seconds = await runMirror(editing, 'unchanged, the same bytes');
  behaviour.validators = true;
  expectAnswer(editing, 200);
  await expectSame(editing, 'unchanged, the same bytes');
  const after = JSON.stringify(await life.database.written());
  if (before !== after) throw new Error(`Nothing changed, and something was written: ${before} became ${after}.`);
  return seconds;
}

/** A run after the upstream has come to its next edition: seconds to the head, and to the completed run. */
export async function nextEdition(
  editing: Editing,
  folder: string,
  parts: readonly KnownPart[],
): Promise<{ head_s: number; run_s: number; touched: number }> {
  const { scene, channel } = editing;
  const { head_no } = await scene.life.database.head(channel);
  scene.behaviour.folder = folder;
  const head = timed(() => untilChanged(indexUrl(scene.life.sluice.url, channel), editing.etag));
  const [{ seconds: head_s }, run_s] = await Promise.all([head, runMirror(editing, 'the next edition')]);
  editing.parts = parts;
  const touched = await checkStep(editing, 'the next edition', head_no);
  return { head_s, run_s, touched };
}

async function runMirror({ scene, channel, mirrorId, log }: Editing, when: string): Promise<number> {
  const { api } = scene.life;
  const before: MirrorState = await api.mirror(channel, mirrorId);
  const { seconds } = await timed(async () => {
    await api.runMirror(channel, mirrorId);
    await api.untilCompleted(channel, mirrorId, before);
  });
  log(`${when}: ${seconds.toFixed(3)} s`);
  return seconds;
}

function expectAnswer({ scene }: Editing, wanted: number): void {
  const { asked } = scene.upstream;
  if (asked.some(({ path, status }) => path.startsWith('/linux-64/') && status === wanted)) return;
  throw new Error(`The upstream never said ${wanted}: ${JSON.stringify(asked)}`);
}

async function expectSame({ scene, channel, etag }: Editing, when: string): Promise<void> {
  const now = await etagOf(indexUrl(scene.life.sluice.url, channel));
  if (now !== etag) throw new Error(`${when}: nothing changed upstream, and another index was published.`);
}
