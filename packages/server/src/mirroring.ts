import { readFileSync } from 'node:fs';
import { createHttpClient, createSealer, createSourceGuard, type MirrorDeps, proxyRulesOf } from '@sluice/mirror';
import { type AdmitDeps, folderRecord, openInspectors } from '@sluice/registry';
import type { Config } from './config/read-config.ts';
import { sourceArchives } from './source-archives.ts';

/** Threads that open packages while a folder with many new ones is read. Each may take some 300 MB at worst. */
const inspectorThreads = 2;

/** Build what mirrors work with from the settings: the guard before upstreams, the ways out, the key of credentials. */
export function createMirroring(config: Config, secretKey: string, admission: AdmitDeps): MirrorDeps {
  const { egress, listen } = config;
  const guard = createSourceGuard(egress.sources, [listen.port], undefined, sourceArchives(admission.storage));
  const http = createHttpClient({
    guard,
    userAgent: 'Sluice',
    proxies: proxyRulesOf(egress.proxies),
    extraCa: egress.ca_file === undefined ? undefined : readFileSync(egress.ca_file, 'utf8'),
    now: () => admission.now().getTime(),
  });
  return {
    ...admission,
    guard,
    http,
    sealer: createSealer(Buffer.from(secretKey)),
    inspect: (path, file, subdir) => folderRecord(path, file, subdir, admission.limits),
    openInspectors: () => openInspectors({ threads: inspectorThreads, limits: admission.limits }),
  };
}
