import './tests/node-20.ts';
import { defineConfig } from 'vitest/config';

/**
 * What a driver can get wrong, over Mesa's lavapipe: `npm run test:lavapipe`. Every kernel, the backend that binds them,
 * and whole models against their authors' figures.
 */
export default defineConfig({
  test: {
    include: [
      'tests/kernels/*.test.ts',
      'tests/backends/{compiling,contract,device-choices,models,out-of-memory,webgpu-run,wrong-numbers}.test.ts',
      'tests/engine/backends.test.ts',
      'tests/families/golden.test.ts',
      'tests/onnx/gpu-weights.test.ts',
    ],
    setupFiles: ['tests/poll-each-millisecond.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // LLVM's optimisation takes most of the time to compile, and the tests' shapes are tiny.
    env: { GALLIVM_PERF: 'nopt' },
    // A pipeline takes a second to compile, and some tests compile twenty.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
