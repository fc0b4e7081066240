import { type ParseArgsConfig, parseArgs } from 'node:util';
import { describeError, UnmaskError } from '../errors';

/** How a command of ours ends. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** `parseArgs` of Node, but throwing UsageError. */
export function parseCommandLine<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Node's message may go on for lines about how to quote; the first says what is wrong.
    throw new UsageError(error instanceof Error ? error.message.split('\n')[0] : String(error));
  }
}

/** Reads the value of the option `--name`; undefined where it was not given. Throws UsageError. */
export function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new UsageError(`--${name} must be a number, not "${text}".`);
  return value;
}

/** The kinds of options that a command has. */
export const TEXT = { type: 'string' } as const;
export const FLAG = { type: 'boolean' } as const;

/** The values of a command line of options alone. Throws UsageError. */
export function readOptions<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  return parseCommandLine({ args: [...args], options, strict: true, allowPositionals: false }).values;
}

/** Tells on stderr what a command threw, and returns its exit status: one sentence for what a person did, a stack only for what we did. */
export function report(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message} See --help.\n`);
    return EXIT.usage;
  }
  const { code, message } = describeError(error);
  const defect = !(error instanceof UnmaskError) && code === 'internal';
  process.stderr.write(`${defect && error instanceof Error ? error.stack : message}\n`);
  return code === 'cancelled' ? EXIT.interrupted : EXIT.failed;
}

/**
 * Runs a command over the process's arguments and ends the process with the status it returns. For
 * commands that open a backend: Dawn and onnxruntime would keep the process alive.
 */
export async function runToExit(main: (args: readonly string[]) => Promise<number>): Promise<never> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader such as `head` may leave before the end.
    if (error.code !== 'EPIPE') {
      process.stderr.write(`The result cannot be written to standard output: ${error.message}.\n`);
    }
    process.exit(EXIT.failed);
  });
  const status = await main(process.argv.slice(2)).catch(report);
  await new Promise((resolve) => process.stdout.write('', resolve));
  process.exit(status);
}
