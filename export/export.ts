import { EXIT, report, standWhereStarted } from '../src/cli/command';
import { stopOnInterrupt } from '../src/cli/interrupt';
import { writeOut } from '../src/cli/write-out';
import { exportCheckpoint } from './export-checkpoint';
import { EXPORT_HELP, readExportOptions } from './export-options';
import { exportResult, progressOutput, tokenizerAdvice } from './export-output';

/** `npm run export`: see `--help`. Returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  // Nobody need read how far it is.
  process.stderr.on('error', () => {});
  const options = readExportOptions(args);
  if (options === 'help') {
    await writeOut(EXPORT_HELP);
    return EXIT.done;
  }
  standWhereStarted();
  const abort = new AbortController();
  stopOnInterrupt(abort);
  const { from, to, dtype, ...others } = options;
  const progress = progressOutput(process.stderr);
  const reported = { signal: abort.signal, onProgress: progress.tell };
  const manifest = await exportCheckpoint(from, to, dtype, { ...others, ...reported }).finally(progress.clear);
  process.stderr.write(tokenizerAdvice(manifest));
  await writeOut(exportResult(to, manifest));
  return EXIT.done;
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
