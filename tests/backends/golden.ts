import { readFileSync } from 'node:fs';

const FIXTURE = new URL('../fixtures/bd3lm-tiny/', import.meta.url);

/** What the authors' code computed for `bd3lm-tiny`; see the fixture's README. */
export interface Golden {
  /** [32], whole blocks of 4. */
  readonly cleanIds: number[];
  readonly noisedIds: number[];
  /** [8]: mask probability of each block. */
  readonly t: number[];
  /** [32, 98] */
  readonly cleanLogits: Float32Array;
  /** [32, 98] */
  readonly denoiseLogits: Float32Array;
  /** [32] */
  readonly nelboTerms: Float32Array;
}

export function readGolden(): Golden {
  const bytes = readFileSync(new URL('golden.safetensors', FIXTURE));
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, headerEnd)) as Record<
    string,
    { data_offsets: [number, number] } | undefined
  >;
  const data = (name: string): ArrayBuffer => {
    const [start, end] = header[name]!.data_offsets;
    return Uint8Array.from(bytes.subarray(headerEnd + start, headerEnd + end)).buffer;
  };
  const floats = (name: string) => new Float32Array(data(name));
  const ids = (name: string) => Array.from(new BigInt64Array(data(name)), Number);
  return {
    cleanIds: ids('clean_ids'),
    noisedIds: ids('noised_ids'),
    t: [...floats('t')],
    cleanLogits: floats('clean_logits'),
    denoiseLogits: floats('denoise_logits'),
    nelboTerms: floats('nelbo_terms'),
  };
}
