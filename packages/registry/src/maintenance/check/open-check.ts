import { type Db, findChannel, forgetOldMaintenance, type MaintenanceRow, recordEvent } from '@sluice/catalog';
import { channelMissing } from '../../errors.ts';
import type { MaintenanceDeps, Stage, Work } from '../deps.ts';
import { checkAudit } from './check-audit.ts';
import { checkBlobs, checkFiles } from './check-bytes.ts';
import { checkChannel } from './check-channel.ts';
import { checkRecords, checkStrays } from './check-rows.ts';
import type { Check } from './context.ts';
import { type CheckOptions, type CheckReport, emptyReport } from './report.ts';

const keptReports = 50;

const everything = {
  blobs: checkBlobs,
  files: checkFiles,
  records: checkRecords,
  strays: checkStrays,
  audit: checkAudit,
  channels: checkChannel,
};
const oneChannel = { channels: checkChannel };

/** Take up a check where it is. @throws {RegistryError} `channel_missing` when its channel was deleted. */
export async function openCheck(deps: MaintenanceDeps, run: MaintenanceRow): Promise<Work> {
  const options = run.options as unknown as CheckOptions;
  const begun = run.report as Partial<CheckReport>;
  const report = begun.findings === undefined ? emptyReport(options) : (begun as CheckReport);
  const channel = options.channel === undefined ? undefined : await findChannel(deps.db, options.channel);
  if (options.channel !== undefined && !channel) throw channelMissing(options.channel);
  const check: Check = { deps, report, deep: options.deep, channelId: channel?.id };
  return {
    stages: Object.entries(channel ? oneChannel : everything).map(([name, stage]) => {
      const bound = stage as (check: Check, at: never) => Promise<unknown>;
      return [name, ((at) => bound(check, at)) as Stage] as const;
    }),
    report,
    finish: (trx) => finish(trx, run, report, deps.now()),
  };
}

async function finish(trx: Db, run: MaintenanceRow, report: CheckReport, now: Date): Promise<void> {
  const { findings: _, ...data } = report;
  await recordEvent(trx, { at: now, actor: run.actor, action: 'check_completed', subject: run.id, data });
  await forgetOldMaintenance(trx, 'check', keptReports);
}
