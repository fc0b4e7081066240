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
  const { args = [], options = {} } = config;
  try {
    return parseArgs<Config>({ ...config, args: withNegativeNumbers(args, options) });
  } catch (error) {
    // Node's message may go on about how to quote; its first sentence says what is wrong.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split(/\n|\. /);
    throw new UsageError(sentence!.replace(/\.?$/, '.'));
  }
}

/** Joins an option and the negative number after it, which Node takes for another option. */
function withNegativeNumbers(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1) ?? '';
    const takesValue = last.startsWith('--') && options[last.slice(2)]?.type === 'string';
    if (takesValue && /^-[\d.]/.test(arg)) joined[joined.length - 1] = `${last}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** Reads the value of the option `--name`; undefined where it was not given. Throws UsageError. */
export function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new UsageError(`--${name} must be a number, not "${text}".`);
  return value;
}

/** `1 token`, `2,000 tokens` */
export function counted(count: number, what: string, plural = `${what}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? what : plural}`;
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
  const defect = error instanceof UnmaskError ? error.cause : error;
  process.stderr.write(`${code === 'internal' && defect instanceof Error ? defect.stack : message}\n`);
  return code === 'cancelled' ? EXIT.interrupted : EXIT.failed;
}

/** Has relative paths begin where the person stands: npm runs scripts in the folder of their package. */
export function standWhereStarted(): void {
  const { INIT_CWD, npm_lifecycle_script: script } = process.env;
  if (INIT_CWD && script?.includes('scripts/run.mjs')) process.chdir(INIT_CWD);
}

/**
 * Runs a command over the process's arguments and ends the process with the status it returns. For
 * commands that open a backend: Dawn and onnxruntime would keep the process alive.
 */
export async function runToExit(main: (args: readonly string[]) => Promise<number>): Promise<never> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader such as `head` may leave before the end: what it wanted it has.
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    process.stderr.write(`The result cannot be written to standard output: ${error.message}.\n`);
    process.exit(EXIT.failed);
  });
  const status = await main(process.argv.slice(2)).catch(report);
  await new Promise((resolve) => process.stdout.write('', resolve));
  process.exit(status);
}
