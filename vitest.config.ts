import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages/*/src,tools,bench,e2e}/**/*.test.ts'],
    globalSetup: ['packages/testkit/src/vitest-global-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // The usual is one core fewer: of two, one would idle while tests wait for servers and clients.
    maxWorkers: '100%',
  },
});
