import { execFileSync } from 'node:child_process';
import { EXIT, runToExit } from '../src/cli/command';
import { stopOnInterrupt } from '../src/cli/interrupt';
import { UnmaskError } from '../src/errors';
import { BENCH_HELP, type BenchOptions, readBenchOptions } from './bench-options';
import { BenchSite } from './bench-site';
import { BENCH_CONFIG, writeRandomModel } from './random-model';
import type { BenchReport } from './report';
import { reportTables, type Table } from './tables';

/** The large model's folder. */
const LARGE = 'random-bd3lm-owt';

/** `npm run bench`: see `--help`. Returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = readBenchOptions(args);
  if (options === 'help') {
    process.stdout.write(BENCH_HELP);
    return EXIT.done;
  }
  const report = await measure(options);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
  return EXIT.done;
}

async function measure({ scope }: BenchOptions): Promise<BenchReport> {
  const abort = new AbortController();
  stopOnInterrupt(abort);
  const site = await BenchSite.build(currentCommit());
  try {
    if (scope === 'full') {
      log('writing a random model of the published shape');
      await writeRandomModel(site.modelFolder(LARGE), BENCH_CONFIG, { dtype: 'q8', embeddingDtype: 'q8' });
    }
    abort.signal.throwIfAborted();
    const { url, browser } = await site.open();
    abort.signal.addEventListener('abort', () => browser.close());
    const page = await browser.newPage();
    page.on('console', (message) => log(message.text()));
    page.on('pageerror', ({ message }) => log(message));
    await page.goto(new URL(scope === 'full' ? `bench.html?large=${LARGE}` : 'bench.html', url).href);
    await page.selectOption('#scope', scope);
    await page.click('#run');
    await page.waitForSelector('body:is([data-state="done"], [data-state="stopped"])', { timeout: 0 });
    const json = await page.textContent('#json');
    if (json) return JSON.parse(json);
    throw new UnmaskError('internal', (await page.textContent('#status')) ?? 'The page stopped.');
  } catch (error) {
    abort.signal.throwIfAborted();
    throw error;
  } finally {
    await site.close();
  }
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The commit of the checkout, and whether anything differs from it. */
function currentCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const commit = git('rev-parse', '--short', 'HEAD');
    return git('status', '--porcelain') === '' ? commit : `${commit} and changes`;
  } catch {
    return 'unknown';
  }
}

function textOf(report: BenchReport): string {
  const head = `adapter  ${report.adapter}\nbrowser  ${report.browser}\ncommit   ${report.commit}\n`;
  return [head, ...reportTables(report).map(textTable)].join('\n');
}

/** Columns side by side, numbers to the right. */
function textTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!))).join('  ');
  return `${[title, line(columns), ...rows.map(line)].join('\n')}\n`;
}

await runToExit(main);
