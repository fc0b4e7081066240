import { UnmaskError } from '../errors';

/** What a file throws that no memory could hold. */
export function outOfMemory(file: string, bytes: number, cause: unknown): UnmaskError {
  const needed = `${file} takes ${Math.ceil(bytes / 2 ** 20)} MiB of memory`;
  return new UnmaskError('out-of-memory', `${needed}, and there is not that much. Use a smaller model.`, { cause });
}
