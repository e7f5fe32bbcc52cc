import { cpSync } from 'node:fs';
import path from 'node:path';
import { startUpstreamServer, type UpstreamServer } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithR, runR } from '../r-cli.ts';
import { realRPackages } from '../r-packages.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

const real = await realRPackages();
if (!real.available) console.warn(`SKIPPED real packages of CRAN: ${real.reason}`);

describeWithR('R with real packages of CRAN', () => {
  let sluice: Sluice;
  let upstream: UpstreamServer;
  let tree: string;

  beforeAll(async () => {
    if (!real.available) return;
    sluice = await startSluice();
    const folder = sluice.newFolder('cran');
    tree = path.join(folder, 'src/contrib');
    cpSync(real.folder, tree, { recursive: true });
    const indexed = await runR({ work: sluice.newFolder('r'), repos: '', code: `tools::write_PACKAGES("${tree}")` });
    expect(indexed.stderr).toBe('');
    upstream = await startUpstreamServer({ folder });
    const mirrors = { indexed: upstream.url, bare: sluice.newFolder('bare') };
    cpSync(real.folder, path.join(mirrors.bare, 'src/contrib'), { recursive: true });
    for (const [channel, source_root] of Object.entries(mirrors)) {
      await sluice.makeChannel(channel, { types: ['r'] });
      await sluice.mirror(channel, { mirror_type: 'CRAN', keep_legacy: false, source_root });
    }
  });
  afterAll(async () => {
    await upstream?.close();
    await sluice?.close();
  });

  const withPackages = real.available ? it : it.skip;

  withPackages.each([
    ['indexed', ['R6', 'assertthat', 'labeling', 'pkgconfig', 'praise', 'whisker']],
    ['bare', ['R6']],
  ])('installs them: %s', { timeout: 300_000 }, async (channel, wanted) => {
    const repos = `${sluice.address(channel)}cran`;
    const names = wanted.map((name) => `"${name}"`).join(', ');
    const code = `wanted <- c(${names}); install.packages(wanted, INSTALL_opts = c("--no-docs", "--no-byte-compile"))
      cat(sum(wanted %in% rownames(installed.packages())))`;
    const ran = await runR({ work: sluice.newFolder('r'), repos, code });
    expect(ran.stdout.split('\n').at(-1)).toBe(String(wanted.length));
  });

  withPackages.each(['indexed', 'bare'])("has R's own index of them: %s", async (channel) => {
    const repos = `${sluice.address(channel)}cran`;
    const code = `theirs <- readRDS("${tree}/PACKAGES.rds")
      ours <- available.packages(filters = list(), fields = colnames(theirs))[, colnames(theirs)]
      flat <- function(x) gsub("[[:space:]]+", " ", x)
      cat(nrow(ours), identical(flat(theirs[order(theirs[, 1]), ]), flat(ours[order(ours[, 1]), ])))`;
    const ran = await runR({ work: sluice.newFolder('r'), repos, code });
    expect(ran).toMatchObject({ stdout: expect.stringMatching(/^1\d TRUE$/) });
  });
});
