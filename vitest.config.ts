import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages/*/src,tools,bench,e2e}/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/vitest-global-setup.ts'],
    setupFiles: ['packages/testkit/src/vitest-setup.ts'],
    // What hangs is found by these, not what is slow: other work may hold up a machine of two cores for long.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Less than the 30 s after which nodes forget unasked (a test of being told must not pass by that).
    expect: { poll: { timeout: 15_000 } },
    // The usual is one core fewer: of two, one would idle while tests wait for servers and clients.
    maxWorkers: '100%',
  },
});
