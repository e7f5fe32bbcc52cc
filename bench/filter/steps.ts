import type { Figures } from '../bench.ts';
import { median, timed } from '../measure.ts';
import { etagOf, untilChanged } from '../sluice/head.ts';
import { createChecker } from './checker.ts';
import { editNames } from './edit-names.ts';
import { checkStep, type Editing, editRules } from './editing.ts';
import type { FilterParams, KnownChannel } from './index.ts';
import { nextEdition, unchangedBytes, unchangedByValidator } from './refreshing.ts';
import { makeRules, wireFilters, withLicences, withNames } from './rules.ts';
import type { Scene } from './scene.ts';

const channel = 'bench';

/** How many names an edit is about, where the channel has 25,000; in proportion where it has fewer. */
const editSizes = [1, 250, 2500] as const;

/** Everything the bench measures, one step after the other on one channel. */
export async function playSteps(
  scene: Scene,
  [first, next]: readonly [KnownChannel, KnownChannel],
  params: FilterParams,
  log: (line: string) => void,
): Promise<Figures> {
  const { editing, first_s } = await firstRun(scene, first, params, log);
  const unchanged_304_s = await unchangedByValidator(editing);
  const unchanged_same_bytes_s = await unchangedBytes(editing);

  const used = new Set<string>();
  const warm = await edits(editing, params, used, '');
  const licences = await editLicences(editing, 'first', '');
  const monolith_after_edit_s = await monolithAfterEdit(editing, used);
  const changed = await nextEdition(editing, next.folder, next.parts);
  const fresh = await edits(editing, params, used, '_restarted');
  await scene.restart();
  const freshLicences = await editLicences(editing, 'second', '_restarted');
  return {
    first_s,
    unchanged_304_s,
    unchanged_same_bytes_s,
    one_percent_changed_s: changed.run_s,
    one_percent_head_s: changed.head_s,
    shards_rewritten_one_percent: changed.touched,
    ...warm,
    ...licences,
    ...fresh,
    ...freshLicences,
    monolith_after_edit_s,
  };
}

async function firstRun(
  scene: Scene,
  { parts }: KnownChannel,
  params: FilterParams,
  log: (line: string) => void,
): Promise<{ editing: Editing; first_s: number }> {
  const { api } = scene.life;
  const rules = makeRules(params);
  const mirror = {
    mirror_name: 'bench',
    mirror_type: 'conda',
    mirror_mode: 'passive',
    source_root: scene.upstream.url,
    filters: wireFilters(rules),
    run_now: true,
  };
  await api.createChannel(channel);
  let mirrorId = '';
  const { seconds, value } = await timed(async () => {
    mirrorId = await api.createMirror(channel, mirror);
    return api.untilCompleted(channel, mirrorId, undefined);
  });
  log(`first: ${seconds.toFixed(2)} s`);
  const checker = createChecker(scene, channel);
  const editing: Editing = { scene, checker, channel, mirrorId, log, parts, rules, etag: '' };
  await checkStep(editing, 'first', 0);
  checker.counters('first', value.sync_state?.count?.mirror_filtered);
  return { editing, first_s: seconds };
}

/** Edits about ever more names. The small one is the median of three, or one right after a restart. */
async function edits(
  editing: Editing,
  { names }: FilterParams,
  used: Set<string>,
  suffix: '' | '_restarted',
): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const size of editSizes) {
    const base = editing.rules;
    const seconds: number[] = [];
    for (let time = 0; time < (size === 1 && suffix === '' ? 3 : 1); time++) {
      if (suffix) await editing.scene.restart();
      const count = Math.max(1, Math.floor((size * Math.min(names, 25_000)) / 25_000));
      const edit = editNames(editing.parts[0]!, editing.rules, count, used);
      const edited = await editRules(editing, `edit_${size}${suffix}`, withNames(editing.rules, edit));
      seconds.push(edited.seconds);
      if (!suffix) figures[`shards_rewritten_${size}`] = edited.touched;
    }
    figures[`edit_${size}_name${size === 1 ? '' : 's'}${suffix}_s`] = median(seconds);
    // So that the next one does not carry thousands of rules that are not its own.
    if (size > 1) await editRules(editing, `back from ${size}`, base);
  }
  return figures;
}

async function editLicences(editing: Editing, choice: 'first' | 'second', suffix: '' | '_restarted'): Promise<Figures> {
  const base = editing.rules;
  const { seconds, touched } = await editRules(editing, `edit_licence${suffix}`, withLicences(base, choice));
  await editRules(editing, 'licences back', base);
  return {
    [`edit_licence_60pct${suffix}_s`]: seconds,
    ...(suffix === '' ? { shards_rewritten_licence: touched } : {}),
  };
}

/** From an edit of one name to another `repodata.json.zst`, which then is checked. */
async function monolithAfterEdit(editing: Editing, used: Set<string>): Promise<number> {
  const { scene, mirrorId } = editing;
  const { api, sluice, database } = scene.life;
  const url = `${sluice.url}/api/repo/${channel}/linux-64/repodata.json.zst`;
  const { head_no } = await database.head(channel);
  const rules = withNames(editing.rules, editNames(editing.parts[0]!, editing.rules, 1, used));
  const before = await etagOf(url);
  const { seconds } = await timed(async () => {
    await api.editMirror(channel, mirrorId, { filters: wireFilters(rules) });
    await untilChanged(url, before);
  });
  editing.rules = rules;
  await checkStep(editing, 'monolith after an edit', head_no);
  editing.log(`monolith after an edit: ${seconds.toFixed(2)} s`);
  return seconds;
}
