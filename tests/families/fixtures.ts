import { readFileSync } from 'node:fs';

/** A random checkpoint in a published layout with what its authors' code computed; see the README in its folder. */
export interface Fixture {
  readonly folder: string;
  readonly blockSize: number;
  /** Greedy traces, and the settings that ask our engine for the same. */
  readonly traces: readonly TraceCase[];
}

export interface TraceCase {
  readonly file: string;
  readonly policy: 'confidence' | 'threshold';
  /** Passes a block of `confidence`. */
  readonly steps?: number;
  readonly threshold?: number;
  readonly subBlockSize?: number;
}

const AUTOREGRESSIVE: readonly TraceCase[] = [
  { file: 'greedy-trace-p11-autoregressive', policy: 'confidence', steps: 1 },
];

export const FIXTURES: readonly Fixture[] = [
  {
    folder: 'bd3lm-tiny',
    blockSize: 4,
    traces: [
      { file: 'greedy-trace-p2-k1', policy: 'confidence', steps: 4 },
      { file: 'greedy-trace-p1-k2', policy: 'confidence', steps: 2 },
    ],
  },
  {
    folder: 'a2d-qwen3-tiny',
    blockSize: 8,
    traces: [
      { file: 'greedy-trace-p16-k1', policy: 'confidence', steps: 8 },
      { file: 'greedy-trace-p13-stop', policy: 'confidence', steps: 4 },
    ],
  },
  {
    folder: 'sdar-tiny',
    blockSize: 4,
    traces: [
      { file: 'greedy-trace-p8-static-k1', policy: 'confidence', steps: 4 },
      { file: 'greedy-trace-p3-static-k2', policy: 'confidence', steps: 2 },
      { file: 'greedy-trace-p10-dynamic-0.85', policy: 'threshold', threshold: 0.85 },
      { file: 'greedy-trace-p9-dynamic-0.9-stop', policy: 'threshold', threshold: 0.9 },
    ],
  },
  {
    folder: 'Fast_dLLM_Qwen-tiny',
    blockSize: 16,
    traces: [
      { file: 'greedy-trace-p7-threshold-0.8', policy: 'threshold', threshold: 0.8, subBlockSize: 4 },
      { file: 'greedy-trace-p19-threshold-0.9-stop', policy: 'threshold', threshold: 0.9, subBlockSize: 4 },
      { file: 'greedy-trace-p21-one-per-pass', policy: 'threshold', threshold: 1, subBlockSize: 4 },
      { file: 'greedy-trace-p32-threshold-0.9', policy: 'threshold', threshold: 0.9, subBlockSize: 4 },
    ],
  },
  { folder: 'llama-tiny', blockSize: 1, traces: AUTOREGRESSIVE },
  { folder: 'qwen2-tiny', blockSize: 1, traces: AUTOREGRESSIVE },
  { folder: 'qwen3-tiny', blockSize: 1, traces: AUTOREGRESSIVE },
];

/** What a trace has of every family. */
export interface Trace {
  readonly prompt_ids: readonly number[];
  readonly final_ids: readonly number[];
  /** What is shown: new tokens before the first stop id. */
  readonly answer_ids?: readonly number[];
  readonly steps?: readonly { readonly reveal: readonly (readonly [number, number, number])[] }[];
}

export function folderOf({ folder }: Pick<Fixture, 'folder'>): string {
  return `tests/fixtures/${folder}`;
}

export function readTrace(fixture: Fixture, { file }: TraceCase): Trace {
  return JSON.parse(readFileSync(`${folderOf(fixture)}/${file}.json`, 'utf8')) as Trace;
}

/** The tensors of `golden.safetensors`: ids as numbers, logits as they are. */
export function readGolden(fixture: Fixture): {
  readonly ids: (name: string) => number[];
  readonly floats: (name: string) => Float32Array;
  readonly has: (name: string) => boolean;
} {
  const bytes = readFileSync(`${folderOf(fixture)}/golden.safetensors`);
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, headerEnd)) as Record<string, { data_offsets: [number, number] }>;
  const data = (name: string): ArrayBuffer => {
    const [start, end] = header[name]!.data_offsets;
    return Uint8Array.from(bytes.subarray(headerEnd + start, headerEnd + end)).buffer;
  };
  return {
    ids: (name) => Array.from(new BigInt64Array(data(name)), Number),
    floats: (name) => new Float32Array(data(name)),
    has: (name) => Object.hasOwn(header, name),
  };
}
