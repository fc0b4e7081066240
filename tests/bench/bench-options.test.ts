import { expect, it } from 'vitest';
import { BENCH_HELP, readBenchOptions } from '../../bench/bench-options';
import { UsageError } from '../../src/cli/command';

it('measures everything and prints tables unless it is told otherwise', () => {
  expect(readBenchOptions([])).toEqual({ scope: 'full', json: false });
  expect(readBenchOptions(['--quick', '--json'])).toEqual({ scope: 'quick', json: true });
});

it('tells of every option', () => {
  expect(readBenchOptions(['--help'])).toBe('help');
  for (const name of ['quick', 'json', 'help']) expect(BENCH_HELP).toContain(`\n  --${name} `);
});

it('refuses what it does not know', () => {
  expect(() => readBenchOptions(['--slow'])).toThrowError(UsageError);
  expect(() => readBenchOptions(['much'])).toThrowError(UsageError);
});
