import { describe, expect, it } from 'vitest';
import type { ReasonCode } from './decision.ts';
import { evaluate, evaluateAll } from './evaluate.ts';
import { factsBuilder } from './facts/builder.ts';
import type { Facts, LicenceText } from './facts/facts.ts';
import type { MirrorFilters } from './filters.ts';
import { type LayerDefinition, layerRules } from './layer-rules.ts';

/** name, version, licence, day built; every one a `.conda`, some with a `.tar.bz2` twin. */
const shelf: [name: string, version: string, licence: LicenceText, day: string, twin?: 'twin'][] = [
  ['accelerate', '2.3.0', { license: 'Proprietary', family: 'Proprietary' }, '2024-01-10'],
  ['astropy', '1.1', { license: 'BSD-3-Clause', family: 'BSD' }, '2024-02-10'],
  ['bzip2', '1.0.6', { license: 'bzip2-1.0.6' }, '2023-03-10'],
  ['dnspython', '1.12.0', { license: 'ISC' }, '2023-04-10'],
  ['gdal', '2.0.0', { license: 'MIT' }, '2024-05-10'],
  ['openssl', '1.0.2', { license: 'Apache-2.0' }, '2022-06-10', 'twin'],
  ['pygments', '2.1', { license: 'BSD-2-Clause' }, '2024-07-10'],
  ['pyqt', '4.11.4', { license: 'GPL-2.0-only', family: 'GPL2' }, '2024-08-10'],
  ['readline', '6.2', { license: 'GPL-3.0-or-later', family: 'GPL3' }, '2022-09-10'],
  ['shapely', '1.5.13', { license: 'BSD-3-Clause' }, '2024-10-10', 'twin'],
  ['tk', '8.5.18', {}, '2024-11-10'],
  ['zope', '1.0', { license: 'ZPL-2.1' }, '2025-01-10'],
];

function shelfFacts(subdir = 'linux-64'): Facts {
  const builder = factsBuilder(subdir);
  for (const [name, version, licence, day, twin] of shelf) {
    for (const ending of twin ? ['.tar.bz2', '.conda'] : ['.conda']) {
      builder.add({
        file: `${name}-${version}-0${ending}`,
        name,
        version,
        build: '0',
        buildNumber: 0,
        licence,
        timestamp: Date.parse(day),
        size: 1,
        fromRev: 1,
        length: 2,
        recordHash: [1, 2],
      });
    }
  }
  return builder.build();
}

interface Settings {
  filters?: MirrorFilters;
  channel?: LayerDefinition['channel'];
  keepLegacy?: boolean;
  types?: LayerDefinition['types'];
  reserved?: readonly string[];
}

/** What each file of the shelf is denied for; `kept` when it is not. Names stand for `.conda`, `name.old` for the twin. */
function outcomes(
  { filters = {}, channel = {}, keepLegacy = true, types = ['conda'], reserved = [] }: Settings,
  facts = shelfFacts(),
) {
  const rules = layerRules({ types, channel, mirror: { filters, keepLegacy, reserved } });
  const verdicts = evaluateAll(rules, facts);
  const codes: Record<string, ReasonCode | 'kept'> = {};
  for (let i = 0; i < facts.count; i++) {
    const name = facts.names[facts.name[i]!]!;
    const code = verdicts[i] === 0 ? 'kept' : rules[verdicts[i]! - 1]!.code;
    codes[facts.file(i).endsWith('.conda') ? name : `${name}.old`] = code;
    const single = evaluate(rules, facts, i);
    expect(single.reasons[0]?.code ?? 'kept').toBe(code);
  }
  return codes;
}

function kept(settings: Settings): string[] {
  return Object.entries(outcomes(settings)).flatMap(([name, code]) =>
    code === 'kept' && !name.endsWith('.old') ? [name] : [],
  );
}

const all = shelf.map(([name]) => name);
const without = (...names: string[]) => all.filter((name) => !names.includes(name));

describe('the worked examples of the Enterprise 5 page', () => {
  it.each<[string, MirrorFilters, string[]]>([
    [
      'only dnspython, shapely, gdal',
      { subdirs: ['linux-64'], only_specs: ['dnspython', 'shapely', 'gdal'] },
      ['dnspython', 'gdal', 'shapely'],
    ],
    ['licence GPL2 and pyqt excluded', { exclude_licenses: ['GPL2'], exclude_specs: ['pyqt'] }, without('pyqt')],
    [
      'GPL2 and GPL3 excluded, readline re-added',
      { exclude_licenses: ['GPL2', 'GPL3'], include_specs: ['readline'] },
      without('pyqt'),
    ],
    [
      'accelerate both excluded and re-added',
      { exclude_specs: ['accelerate', 'astropy', 'pygments'], include_specs: ['accelerate'] },
      without('astropy', 'pygments'),
    ],
    ['bzip2, tk, openssl excluded', { exclude_specs: ['bzip2', 'tk', 'openssl'] }, without('bzip2', 'tk', 'openssl')],
    ['only accelerate, pyqt, zope', { only_specs: ['accelerate', 'pyqt', 'zope'] }, ['accelerate', 'pyqt', 'zope']],
    ['include_specs alone changes nothing', { include_specs: ['readline'] }, all],
  ])('%s', (_, filters, names) => {
    expect(kept({ filters })).toEqual(names);
  });
});

describe('one filter at a time', () => {
  it.each<[string, Settings, string[]]>([
    ['nothing', {}, all],
    [
      'a glob excluded, one of it re-added',
      { filters: { exclude_specs: ['p*'], include_specs: ['pyqt'] } },
      without('pygments'),
    ],
    ['a version range', { filters: { exclude_specs: ['openssl <1.1'] } }, without('openssl')],
    ['a version range that does not reach', { filters: { exclude_specs: ['openssl >=1.1'] } }, all],
    [
      'licences to keep: everything else goes',
      { filters: { include_licenses: ['bsd', 'mit'] } },
      ['astropy', 'gdal', 'pygments', 'shapely'],
    ],
    ['no licence at all is `none`', { filters: { exclude_licenses: ['none'] } }, without('tk')],
    [
      'a licence filter under only_specs',
      { filters: { only_specs: ['pyqt', 'gdal'], exclude_licenses: ['gpl2'] } },
      ['gdal'],
    ],
    ['from a day', { filters: { date_from: '2025-01-10' } }, ['zope']],
    ['to a day', { filters: { date_to: '2022-09-10' } }, ['openssl', 'readline']],
    [
      'channel filters hold too',
      { channel: { exclude_licenses: ['GPL3'], exclude_specs: ['tk'] } },
      without('readline', 'tk'),
    ],
    [
      'reserved names',
      { reserved: ['p*', 'tk', 'ope'], filters: { include_specs: ['*'] } },
      without('pygments', 'pyqt', 'tk'),
    ],
    [
      'the channel has its own exceptions',
      { channel: { exclude_specs: ['p*'], include_specs: ['pyqt'] } },
      without('pygments'),
    ],
  ])('%s', (_, settings, names) => {
    expect(kept(settings)).toEqual(names);
  });
});

describe('the first reason in the order of design.md §7 no. 3 is the only one', () => {
  const everything: MirrorFilters = {
    subdirs: ['win-64'],
    date_from: '2026-01-01',
    only_specs: ['nothing-of-this'],
    exclude_licenses: ['bsd'],
  };
  // Each line takes the first rule of the one before away; `shapely.old` breaks all of them.
  it.each<[ReasonCode | 'kept', Settings]>([
    [
      'type',
      {
        types: ['r'],
        filters: everything,
        channel: { exclude_licenses: ['bsd'], exclude_specs: ['shapely'] },
        keepLegacy: false,
      },
    ],
    [
      'reserved',
      {
        reserved: ['shap*'],
        filters: everything,
        channel: { exclude_licenses: ['bsd'], exclude_specs: ['shapely'] },
        keepLegacy: false,
      },
    ],
    [
      'platform',
      { filters: everything, channel: { exclude_licenses: ['bsd'], exclude_specs: ['shapely'] }, keepLegacy: false },
    ],
    [
      'channel_license',
      {
        filters: { ...everything, subdirs: [] },
        channel: { exclude_licenses: ['bsd'], exclude_specs: ['shapely'] },
        keepLegacy: false,
      },
    ],
    [
      'channel_exclude_specs',
      { filters: { ...everything, subdirs: [] }, channel: { exclude_specs: ['shapely'] }, keepLegacy: false },
    ],
    ['date', { filters: { ...everything, subdirs: [] }, keepLegacy: false }],
    ['only_specs', { filters: { only_specs: ['nothing-of-this'], exclude_licenses: ['bsd'] }, keepLegacy: false }],
    ['license', { filters: { exclude_licenses: ['bsd'], exclude_specs: ['shapely'] }, keepLegacy: false }],
    ['exclude_specs', { filters: { exclude_specs: ['shapely'] }, keepLegacy: false }],
    ['duplicated_legacy_conda', { keepLegacy: false }],
    ['kept', {}],
  ])('%s', (code, settings) => {
    expect(outcomes(settings)['shapely.old']).toBe(code);
  });

  it('keeps the old format when the new one was refused', () => {
    const filters = { exclude_specs: ['shapely[fn=shapely-1.5.13-0.conda]'] };
    expect(outcomes({ filters, keepLegacy: false })).toMatchObject({ shapely: 'exclude_specs', 'shapely.old': 'kept' });
  });

  it('does not let include_specs lift platform, date or only the rest', () => {
    const filters = { date_from: '2026-01-01', exclude_specs: ['*'], include_specs: ['gdal'] };
    expect(outcomes({ filters }).gdal).toBe('date');
  });
});

describe('an explanation', () => {
  it('names rule, evidence and remedy', () => {
    const rules = layerRules({
      types: ['conda'],
      channel: {},
      mirror: { filters: { exclude_licenses: ['gpl3'] }, keepLegacy: true },
    });
    const facts = shelfFacts();
    const row = [...facts.name.keys()].find((i) => facts.names[facts.name[i]!] === 'readline')!;
    const [reason] = evaluate(rules, facts, row).reasons;
    expect(reason).toMatchObject({ code: 'license', scope: 'mirror', rule: 'exclude_licenses: gpl3' });
    expect(reason?.evidence).toContain('GPL-3.0-or-later');
    expect(reason?.remedy).not.toBe('');
  });
});

describe('a rule that fails', () => {
  it('denies, and says that it failed', () => {
    const broken = {
      code: 'date' as const,
      scope: 'mirror' as const,
      text: 'broken',
      remedy: '',
      prepare: () => {
        throw new Error('no such column');
      },
    };
    const decision = evaluate([broken], shelfFacts(), 0);
    expect(decision).toMatchObject({ verdict: 'deny', reasons: [{ code: 'rule_failed' }] });
  });

  it('denies the one file whose version nobody can read, and no other', () => {
    const builder = factsBuilder('noarch');
    for (const version of ['1.0', '1.0&']) {
      builder.add({
        file: `a-${version}-0.conda`,
        name: 'a',
        version,
        build: '0',
        buildNumber: 0,
        licence: {},
        fromRev: 1,
        length: 2,
        recordHash: [1, 2],
      });
    }
    const rules = layerRules({ types: ['conda'], channel: { exclude_specs: ['a >=2'] } });
    expect([...evaluateAll(rules, builder.build())]).toEqual([0, 2]);
  });
});
