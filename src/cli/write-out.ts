import { UnmaskError } from '../errors';

/**
 * Writes a result to stdout. A reader that has gone, as `head` may, is no failure: what it wanted it has. Throws
 * `bad-input` in a sentence for anything else, as a full disk.
 */
export async function writeOut(text: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      // The stream also emits what it tells the callback; unheard, that would end the process.
      process.stdout.on('error', reject);
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EPIPE') return;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnmaskError('bad-input', `The result cannot be written to standard output: ${why}.`, { cause });
  }
}
