import { FLAG, readOptions } from '../src/cli/command';
import type { BenchScope } from './report';

export const BENCH_HELP = `Measures the engine in Chromium, on whatever adapter it finds, against onnxruntime-web.

  npm run -s bench -- [options]

  --quick    the embedded model alone, and few repetitions
  --json     print one JSON object, and no tables
  --help     print this

Builds the site into a temporary folder first. Progress goes to stderr. CHROMIUM names the browser's executable
(default: /usr/bin/chromium). Ctrl-C ends it. The same runs on the page /bench.html.
`;

export interface BenchOptions {
  readonly scope: BenchScope;
  readonly json: boolean;
}

/** Reads a command line, or returns `help` if it asks for that. Throws UsageError. */
export function readBenchOptions(args: readonly string[]): BenchOptions | 'help' {
  const { quick, json, help } = readOptions(args, { quick: FLAG, json: FLAG, help: FLAG });
  if (help) return 'help';
  return { scope: quick ? 'quick' : 'full', json: json ?? false };
}
