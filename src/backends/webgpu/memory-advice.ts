import { UnmaskError } from '../../errors';
import type { CacheDtype } from '../../kernels/kv-cache';
import { type Packing, weightsLength } from '../../model/format/packing';
import type { ModelConfig } from '../../network/model-config';
import { cacheBytesPerToken } from './memory';

export interface MemoryNeeded {
  readonly config: ModelConfig;
  readonly packing: Packing;
  readonly cacheDtype: CacheDtype;
}

/** An `out-of-memory` with how much the model takes, and what would take less. Other errors stay as they are. */
export function withAdvice(error: unknown, { config, packing, cacheDtype }: MemoryNeeded): unknown {
  if (!(error instanceof UnmaskError) || error.code !== 'out-of-memory') return error;
  const { dtype } = packing;
  const weights = weightsLength(config.network, packing);
  const cache = (contextLength: number) => contextLength * cacheBytesPerToken(config, cacheDtype);
  const { contextLength } = config;
  const shorter = Math.max(Math.floor(contextLength / 4), ...config.blockSizes);
  const less = [
    dtype === 'q4'
      ? ''
      : `${megabytes(weightsLength(config.network, { dtype: 'q4', embeddingDtype: 'q4' }) + cache(contextLength))} MB exported with --dtype q4`,
    shorter < contextLength ? `${megabytes(weights + cache(shorter))} MB with a context of ${shorter} tokens` : '',
  ].filter(Boolean);
  return new UnmaskError(
    'out-of-memory',
    `${error.message} This model takes ${megabytes(weights + cache(contextLength))} MB: ` +
      `${megabytes(weights)} of weights as ${dtype} and ${megabytes(cache(contextLength))} for a context of ` +
      `${contextLength} tokens.${less.length > 0 ? ` It would take ${less.join(', or ')}.` : ''} ` +
      'Close other pages that use the GPU, take less, or choose the wasm backend.',
    { cause: error },
  );
}

function megabytes(bytes: number): string {
  return bytes < 10e6 ? (bytes / 1e6).toFixed(1) : String(Math.round(bytes / 1e6));
}
