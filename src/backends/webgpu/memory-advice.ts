import { UnmaskError } from '../../errors';
import type { CacheDtype } from '../../kernels/kv-cache';
import type { WeightDtype } from '../../model/format/packing';
import { weightsLength } from '../../model/format/weight-spec';
import type { ModelConfig } from '../../network/model-config';
import { cacheBytesPerToken } from './memory';

export interface RoomNeeded {
  readonly config: ModelConfig;
  readonly dtype: WeightDtype;
  readonly cacheDtype: CacheDtype;
}

/** What an `out-of-memory` is told as: how much the model takes, and what would take less. Other errors stay as they are. */
export function withAdvice(error: unknown, { config, dtype, cacheDtype }: RoomNeeded): unknown {
  if (!(error instanceof UnmaskError) || error.code !== 'out-of-memory') return error;
  const weights = weightsLength(config, dtype);
  const cache = (contextLength: number) => contextLength * cacheBytesPerToken(config, cacheDtype);
  const { contextLength } = config;
  const shorter = Math.max(Math.floor(contextLength / 4), ...config.blockSizes);
  const less = [
    dtype === 'q4'
      ? ''
      : `${megabytes(weightsLength(config, 'q4') + cache(contextLength))} MB exported with --dtype q4`,
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
