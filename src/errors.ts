/**
 * Every kind of failure a user can meet. The message beside it says what to do.
 *
 * - `bad-input`: a setting, a prompt or an address that cannot be used
 * - `bad-model`: a model folder or checkpoint that is incomplete, damaged or of another kind
 * - `network`: a file could not be fetched
 * - `no-webgpu`: WebGPU was asked for and is not there
 * - `device-lost`: the GPU device went away while in use
 * - `out-of-memory`: of the device or of this process
 * - `storage-full`: the browser lets the page keep no more files
 * - `cancelled`: by an `AbortSignal`, by a newer run, or because the model was disposed of
 * - `internal`: a defect of ours
 */
export type ErrorCode =
  | 'bad-input'
  | 'bad-model'
  | 'network'
  | 'no-webgpu'
  | 'device-lost'
  | 'out-of-memory'
  | 'storage-full'
  | 'cancelled'
  | 'internal';

/** An error whose message is written for the person at the page or the terminal. */
export class UnmaskError extends Error {
  override readonly name = 'UnmaskError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `{code, message}` of anything thrown: how an error crosses the worker boundary. */
export function describeError(thrown: unknown): { code: ErrorCode; message: string } {
  if (thrown instanceof UnmaskError) return { code: thrown.code, message: thrown.message };
  if (thrown instanceof DOMException && thrown.name === 'AbortError') {
    return { code: 'cancelled', message: 'Cancelled.' };
  }
  return { code: 'internal', message: thrown instanceof Error ? thrown.message : String(thrown) };
}
