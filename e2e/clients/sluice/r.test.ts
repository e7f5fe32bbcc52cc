import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildCranTree, buildRPackage } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runClient } from '../client-process.ts';
import { describeWithR, runR } from '../r-cli.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

describeWithR('R', () => {
  let sluice: Sluice;

  beforeAll(async () => {
    sluice = await startSluice();
    const built = await Promise.all([
      buildRPackage({ name: 'helper', version: '1.0' }),
      buildRPackage({ name: 'demo', version: '1.9', imports: 'helper' }),
      buildRPackage({ name: 'demo', version: '1.10', imports: 'helper (>= 1.0),\n  utils', license: 'GPL (>= 2)' }),
      buildRPackage({ name: 'refused', license: 'AGPL-3' }),
      buildRPackage({ name: 'needy', imports: 'refused' }),
      buildRPackage({ name: 'futuristic', depends: 'R (>= 99.0)' }),
    ]);
    buildCranTree(path.join(sluice.folder, 'src/contrib'), built);
    const binary = await buildRPackage({ name: 'demo', version: '1.9', format: 'zip' });
    buildCranTree(path.join(sluice.folder, 'bin/windows/contrib/4.2'), [binary]);
    const mirror = { mirror_type: 'CRAN', keep_legacy: false };
    for (const [channel, privacy] of [
      ['open', 'public'],
      ['closed', 'private'],
    ] as const) {
      await sluice.makeChannel(channel, { privacy, types: ['r'] });
      const filters = { exclude_licenses: ['AGPL'], trees: ['src/contrib', 'bin/windows/contrib/4.2'] };
      await sluice.mirror(channel, { ...mirror, filters });
    }
  });
  afterAll(() => sluice.close());

  const repos = (channel: string, token?: string) => `${sluice.address(channel, token)}cran`;
  async function run(code: string, at: string, env?: Record<string, string>) {
    const work = sluice.newFolder('r');
    const ending = await runR({ work, repos: at, code, ...(env && { env }) });
    const has = (name: string) => existsSync(path.join(work, 'library', name, 'DESCRIPTION'));
    return { ...ending, work, installed: ['helper', 'demo', 'needy', 'refused'].filter(has) };
  }

  it('installs the newest with what it needs', async () => {
    const ran = await run('install.packages("demo"); library(demo); cat(demo::hello())', repos('open'));
    expect(ran).toMatchObject({
      status: 0,
      installed: ['helper', 'demo'],
      stdout: expect.stringContaining('demo 1.10'),
    });
  });

  it('reads the same of all three forms of the index', async () => {
    const code = `
      contrib <- contrib.url(getOption("repos"), "source")
      get <- function(name) { to <- tempfile(); download.file(paste0(contrib, "/", name), to, quiet = TRUE, mode = "wb"); to }
      rds <- readRDS(get("PACKAGES.rds"))
      same <- function(a, b) identical(a[, sort(colnames(b))], b[, sort(colnames(b))]) &&
        all(is.na(a[, setdiff(colnames(a), colnames(b))]))
      for (name in c("PACKAGES", "PACKAGES.gz")) {
        dcf <- read.dcf(get(name)); rownames(dcf) <- dcf[, "Package"]
        cat(name, same(rds, dcf), "\\n")
      }
      all <- available.packages(filters = list())
      cat(rownames(all), dim(rds), all["demo", c("Version", "License", "Imports")], sep = "|")`;
    const ran = await run(code, repos('open'));
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toMatch(/^PACKAGES TRUE \nPACKAGES.gz TRUE \n/);
    expect(ran.stdout).toContain('demo|futuristic|helper|needy|4|15|1.10|GPL (>= 2)|helper (>= 1.0),\nutils');
  });

  it('sees binaries for other systems, and warns of no tree', async () => {
    const code = `
      for (type in c("win.binary", "mac.binary.big-sur-arm64")) {
        found <- available.packages(contrib.url(getOption("repos"), type), filters = list())
        cat(type, nrow(found), "\\n")
      }`;
    const ran = await run(code, repos('open'));
    expect(ran).toMatchObject({ status: 0, stdout: 'win.binary 1 \nmac.binary.big-sur-arm64 0 \n', stderr: '' });
  });

  it('installs an older version by its address, as remotes and renv do', async () => {
    const code = `
      archive <- readRDS(gzcon(url(paste0(getOption("repos"), "/src/contrib/Meta/archive.rds"), "rb")))
      files <- rownames(archive[["demo"]])
      cat(files, class(archive$demo$mtime), "\\n")
      install.packages("helper")
      install.packages(paste0(getOption("repos"), "/src/contrib/Archive/", files[1]), repos = NULL)
      cat(demo::hello())`;
    const ran = await run(code, repos('open'));
    expect(ran.stdout).toContain('demo/demo_1.9.tar.gz POSIXct POSIXt');
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('demo 1.9') });
  });

  it('installs an older version by remotes', async (context) => {
    const site = { R_LIBS_SITE: '/usr/lib/R/site-library' };
    const has = await run('cat(requireNamespace("remotes", quietly = TRUE))', repos('open'), site);
    if (has.stdout !== 'TRUE') context.skip('there is no remotes; Debian has it in r-cran-remotes');
    const code = 'remotes::install_version("demo", "1.9"); cat(demo::hello())';
    const ran = await run(code, repos('open'), site);
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('demo 1.9') });
  });

  it('finds nothing of what is refused; its file says why', async () => {
    const ran = await run('install.packages("refused")', repos('open'));
    expect(ran.stderr).toContain('package ‘refused’ is not available');
    const needy = await run('install.packages("needy")', repos('open'));
    expect(needy.stderr).toContain('dependency ‘refused’ is not available');
    expect(needy.installed).toEqual([]);

    const file = `${repos('open')}/src/contrib/refused_1.0.tar.gz`;
    const direct = await run(`try(download.file("${file}", "x.tar.gz"))`, repos('open'));
    expect(direct.stderr).toContain("HTTP status was '403 Forbidden'");
    // R's own table of phrases hides ours; through wget it shows it.
    if (existsSync('/usr/bin/wget')) {
      const told = await run(`try(download.file("${file}", "x.tar.gz", method = "wget"))`, repos('open'));
      expect(told.stderr).toMatch(/ERROR 403: .*blocked by the mirror upstream .*exclude_licenses: AGPL/);
    }
    const body = (await (await fetch(file)).json()) as { detail: string };
    expect(body.detail).toMatch(/refused_1.0.tar.gz is blocked by the mirror upstream .*exclude_licenses.*AGPL/);
  });

  it('reads a private channel by a token in the address, by the user in it, by a header, and by netrc through curl', async () => {
    const token = await sluice.readToken('closed');
    const install = (more = '') => `install.packages("helper"${more}); cat(helper::hello())`;
    const home = sluice.newFolder('netrc');
    writeFileSync(path.join(home, '.netrc'), `machine 127.0.0.1 login __token__ password ${token}\n`, { mode: 0o600 });
    for (const [at, code, env] of [
      [repos('closed', token), install(), {}],
      [repos('closed').replace('://', `://__token__:${token}@`), install(), {}],
      [repos('closed'), install(`, headers = c(Authorization = "Bearer ${token}")`), {}],
      [repos('closed'), install(', method = "curl", extra = "--netrc --silent --show-error --fail"'), { HOME: home }],
    ] as const) {
      expect(await run(code, at, env), code).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('helper 1.0'),
      });
    }
    const without = await run(install(), repos('closed'));
    expect(without.stderr).toContain('unable to access index for repository');
    expect(without.installed).toEqual([]);
  });

  it('builds a package, curl uploads it, and R installs it', async () => {
    await sluice.makeChannel('own', { types: ['r'] });
    const admin = await sluice.app.adminToken();
    const built = await run(
      `dir.create("mine/R", recursive = TRUE)
       writeLines("answer <- function() 42", "mine/R/answer.R")
       writeLines("export(answer)", "mine/NAMESPACE")
       writeLines(c("Package: mine", "Version: 0.1-2", "Title: Mine", "Description: Mine.", "License: MIT + file LICENSE",
         "Author: Me", "Maintainer: Me <me@example.org>"), "mine/DESCRIPTION")
       writeLines(c("YEAR: 2026", "COPYRIGHT HOLDER: Me"), "mine/LICENSE")
       tools::Rcmd(c("build", "mine"))`,
      repos('own'),
    );
    expect(built.status).toBe(0);
    const file = path.join(built.work, 'mine_0.1-2.tar.gz');
    const argv = [
      'curl',
      '-sS',
      '-f',
      '-H',
      `Authorization: Bearer ${admin}`,
      '-T',
      file,
      `${repos('own')}/src/contrib/`,
    ] as const;
    expect(await runClient({ argv, work: built.work })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"created"'),
    });
    await sluice.app.jobsDone();
    const ran = await run('install.packages("mine"); cat(mine::answer())', repos('own'));
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('42') });
    // What R's own writer makes of the file is what we say of it.
    const theirs = await run(
      `invisible(file.copy("${file}", ".")); tools::write_PACKAGES("."); a <- read.dcf("PACKAGES")
       to <- tempfile(); download.file(paste0(getOption("repos"), "/src/contrib/PACKAGES"), to, quiet = TRUE); b <- read.dcf(to)
       cat(identical(a[1, ], b[1, colnames(a)]), setdiff(colnames(b), colnames(a)))`,
      repos('own'),
    );
    expect(theirs).toMatchObject({ stdout: 'TRUE Published' });
  });

  it('installs what a frozen past shows', async () => {
    const head = await sluice.ask('GET', '/api/channels/own/publications');
    const no = head.items[0].number;
    await sluice.upload('own', await buildRPackage({ name: 'helper', version: '2.0' }));
    const at = `${sluice.address(`own@${no}`)}cran`;
    expect((await run('cat(rownames(available.packages()))', repos('own'))).stdout).toBe('helper mine');
    expect(await run('cat(rownames(available.packages()))', at)).toMatchObject({ stdout: 'mine', stderr: '' });
    expect(await run('install.packages("mine"); cat(mine::answer())', at)).toMatchObject({ status: 0 });
  });
});
