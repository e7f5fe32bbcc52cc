import fc from 'fast-check';
import { testSeed } from './test-seed.ts';

// Vitest's setupFiles, before each test file. What a property says of itself ({ numRuns }) is added to it.
fc.configureGlobal({ seed: testSeed });
