// Who may import whom: the table of ARCHITECTURE.md as rules. `npm run check` runs them; tools/walls.test.ts proves that they bite.

/** Each room with the rooms it may import; `types` may be imported as types only. */
const ROOMS = {
  formats: {},
  archives: { may: ['formats'] },
  policy: { may: ['formats'] },
  storage: { may: ['formats'] },
  catalog: { may: ['formats'], types: ['policy'] },
  identity: { may: ['catalog'] },
  registry: { may: ['formats', 'archives', 'policy', 'catalog', 'storage'], types: ['identity'] },
  advisories: { may: ['formats', 'policy', 'catalog', 'storage'] },
  publish: { may: ['formats', 'policy', 'catalog', 'storage'] },
  mirror: { may: ['formats', 'policy', 'catalog', 'registry'] },
  server: {
    may: [
      'formats',
      'archives',
      'policy',
      'storage',
      'catalog',
      'identity',
      'registry',
      'advisories',
      'publish',
      'mirror',
    ],
  },
  'api-client': {},
  cli: { may: ['api-client', 'formats', 'archives', 'policy'] },
  web: { may: ['api-client'] },
};

/** Tests may use anything; they are no part of a room's source. */
const TESTS = '[.]test[.]ts$|[.]test-suite[.]ts$|/testing/';
const source = (room) => ({ path: `^packages/${room}/src/`, pathNot: TESTS });
const oneOf = (rooms) => `^packages/(${rooms.join('|')})/`;

const walls = Object.entries(ROOMS).flatMap(([room, { may = [], types = [] }]) => [
  {
    name: `wall-${room}`,
    comment: `${room} may import only: ${[room, ...may, ...types].join(', ')}`,
    severity: 'error',
    from: source(room),
    to: { path: '^(packages|tools|bench|e2e)/', pathNot: oneOf([room, ...may, ...types]) },
  },
  ...types.map((other) => ({
    name: `types-${room}-${other}`,
    comment: `${room} may import types of ${other} only`,
    severity: 'error',
    from: source(room),
    to: { path: `^packages/${other}/`, dependencyTypesNot: ['type-only'] },
  })),
]);

module.exports = {
  forbidden: [
    ...walls,
    {
      name: 'pure',
      comment: 'formats and policy do no I/O: nothing of Node in them',
      severity: 'error',
      from: { path: '^packages/(formats|policy)/src/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'entrances',
      comment: 'another room is entered by its package name, never by a path into it',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-cycle',
      comment: 'two files that need each other are one job or three',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'what is imported is there',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/testdata/|[.]d[.]ts$' },
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
  },
};
