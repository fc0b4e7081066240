import { describe, expect, it } from 'vitest';
import type {
  Backend,
  BlockStep,
  BlocksRequest,
  BlockwisePolicy,
  DenoiseStep,
  Draw,
  Report,
  VerifiedDraft,
} from '../../src/backends/backend';
import { writeBlocksByVerbs } from '../../src/backends/block-loop';
import { uniform } from '../../src/backends/random';
import {
  PROGRESS_BYTES,
  packProgress,
  packRun,
  RUN_BYTES,
  type RunSettings,
  SLOT_OFFSET,
} from '../../src/kernels/denoise-run';
import { PASS_BYTES, packPass } from '../../src/kernels/pass';
import { planPass } from '../../src/kernels/plan-pass';
import { type PassTrace, readTrace, reveal, TRACE_BYTES } from '../../src/kernels/reveal';
import { DRAWN_BYTES } from '../../src/kernels/sample';
import type { ModelConfig } from '../../src/network/model-config';
import { SMALL } from '../engine/small-model';
import { download, runKernels } from './device-arrays';
import { kernelDevice } from './kernel-device';

const { device, pipelines, buffers } = await kernelDevice();

const MASK = SMALL.maskId;
const STOPS = [2, 5] as const;
const EOS = STOPS[1];
const KEPT_ROW = 32;
const SEED = 77;
const SLOTS = 4;
const FEW_ROWS = 32;

/** What a network would predict: ids and confidences by lot, many of them equal. EOS now and then. */
function predict({ positions, pass }: Pick<DenoiseStep, 'positions' | 'pass'>, blockPosition: number): Draw[] {
  return positions.map((position) => {
    const lot = (stream: number) => uniform(1, stream, pass, blockPosition + position);
    return {
      position,
      id: Math.floor(lot(3) * MASK),
      probability: Math.floor(lot(4) * 16) / 16,
      entropy: Math.floor(lot(5) * 8) / 8,
      likeliest: { id: Math.floor(lot(6) * MASK), probability: Math.floor(lot(7) * 16) / 16 },
      second: 0,
    };
  });
}

/** One pass over the network, as plain code or the GPU has it; without ids where the head alone runs. */
interface Pass {
  /** Of its first row, in the text. */
  readonly position: number;
  /** Rows of a stored pass that see no later row are blocks of 1. */
  readonly blockSize: number;
  readonly ids: readonly number[];
  /** Rows of the pass whose logits are wanted, and the number of their draw. */
  readonly picks: readonly number[];
  readonly number: number;
}

/** A backend of lots: notes the passes it is asked for. */
class LotBackend implements Backend {
  readonly name = 'wasm';
  readonly adapter = 'lots';
  readonly kvBytesPerToken = 0;
  readonly config: ModelConfig;
  readonly passes: Pass[] = [];
  position = 0;

  constructor({ predicts, causal }: Case) {
    const cleanAttention = causal ? 'causal' : 'block';
    this.config = { ...SMALL, stopIds: STOPS, network: { ...SMALL.network, predicts, cleanAttention } };
  }

  async denoiseStep(step: DenoiseStep): Promise<Draw[]> {
    const { position } = this;
    const [ids, number] = [[...step.ids], step.pass];
    if (this.config.network.predicts === 'own') {
      this.passes.push({ position, ids, picks: step.positions, number, blockSize: ids.length });
    } else if (step.positions[0] !== 0) {
      const picks = step.positions.map((offset) => offset - 1);
      this.passes.push({ position, ids, picks, number, blockSize: ids.length });
    } else {
      // From the last row of the clean pass before the block.
      const clean = this.passes.pop() ?? { position, ids: [], blockSize: ids.length };
      const row = clean.ids.length === 0 ? KEPT_ROW : clean.ids.length - 1;
      this.passes.push({ ...clean, picks: [row], number });
    }
    return predict(step, position);
  }
  async commitBlock(ids: readonly number[]): Promise<void> {
    const blockSize = this.config.network.cleanAttention === 'causal' ? 1 : ids.length;
    this.passes.push({ position: this.position, ids: [...ids], picks: [], number: 0, blockSize });
    this.position += ids.length;
  }
  writeBlocks(request: BlocksRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
    return writeBlocksByVerbs(this, request, signal);
  }
  verifyDraft(): Promise<VerifiedDraft> {
    throw new Error('not asked for');
  }
  fork(): Promise<Backend> {
    throw new Error('not asked for');
  }
  begin(): void {}
  dispose(): void {}
  prefill(): Promise<void> {
    throw new Error('not asked for');
  }
  logits(): Promise<Float32Array> {
    throw new Error('not asked for');
  }
}

/** The passes of plain code, where a clean pass that starts below `carryEnd` takes the next pass along. */
function carried(passes: readonly Pass[], carryEnd: number): Pass[] {
  const joined: Pass[] = [];
  for (const pass of passes) {
    const last = joined.at(-1);
    if (!last || last.picks.length > 0 || last.position >= carryEnd) {
      joined.push(pass);
      continue;
    }
    const { position, ids } = last;
    const picks = pass.picks.map((row) => row + ids.length);
    joined[joined.length - 1] = { ...pass, position, ids: [...ids, ...pass.ids], picks };
  }
  return joined;
}

interface Case {
  readonly policy: BlockwisePolicy;
  readonly predicts: 'own' | 'next';
  readonly causal: boolean;
  readonly subBlockSize?: number;
  readonly blockSize: number;
  readonly blocks: number;
  /** Ids of the first block that are given: every other one from its start. */
  readonly pinned: number;
  readonly position: number;
  readonly carryEnd: number;
}

function requestOf({ policy, blockSize, blocks, pinned, subBlockSize }: Case, report: Report): BlocksRequest {
  const first = Array.from({ length: blockSize }, (_, offset) =>
    offset % 2 === 0 && offset < 2 * pinned ? EOS : MASK,
  );
  return { first, blocks, policy, subBlockSize, report, nfe: 3, sampling: { temperature: 1, topP: 1, seed: SEED } };
}

/** Runs the two kernels pass by pass, and between them hands over what a network would predict. */
class GpuRun {
  readonly #case: Case;
  readonly #slices;
  readonly #kernels;

  constructor(test: Case, request: BlocksRequest) {
    this.#case = test;
    const { blockSize, position, blocks, policy } = test;
    const words = (what: string, count: number) => buffers.storage(what, count * 4);
    const s = {
      run: buffers.uniform('run', RUN_BYTES),
      progress: buffers.storage('progress', PROGRESS_BYTES),
      tokens: words('tokens', blockSize),
      ids: words('ids', FEW_ROWS),
      picks: words('picks', FEW_ROWS),
      trunk: buffers.uniform('trunk', PASS_BYTES),
      head: buffers.uniform('head', PASS_BYTES),
      drawn: buffers.storage('drawn', FEW_ROWS * DRAWN_BYTES),
      trace: buffers.storage('trace', SLOTS * blockSize * TRACE_BYTES),
      written: words('written', Math.ceil(SMALL.vocabSize / 32)),
    };
    this.#slices = s;
    this.#kernels = { plan: planPass(pipelines, 'plan', s), reveal: reveal(pipelines, 'reveal', s) };
    const write = (slice: { buffer: GPUBuffer }, data: BufferSource) => device.queue.writeBuffer(slice.buffer, 0, data);
    const settings: RunSettings = {
      policy: policy.name,
      blockSize,
      subBlockSize: test.subBlockSize ?? blockSize,
      maskId: MASK,
      stopIds: STOPS,
      predicts: test.predicts,
      cleanAttention: test.causal ? 'causal' : 'block',
      keptRow: KEPT_ROW,
      report: request.report!,
      steps: 'steps' in policy ? policy.steps : 0,
      bound: policy.name === 'threshold' ? policy.threshold : policy.name === 'entropy' ? policy.entropyBound : 0,
      carryEnd: test.carryEnd,
    };
    write(s.run, packRun(settings));
    const given = request.first.map((id) => id !== MASK);
    write(s.progress, packProgress({ position, given, passes: request.nfe, blocks }));
    write(s.tokens, Uint32Array.from(request.first));
    const pass = packPass({
      rows: 0,
      position: 0,
      blockSize,
      ring: 1000,
      seed: SEED,
      passNumber: 0,
      seen: [],
      temperature: 1,
      topP: 1,
    });
    write(s.trunk, pass);
    write(s.head, pass);
  }

  async #words(name: 'trunk' | 'head' | 'ids' | 'picks' | 'progress' | 'tokens'): Promise<Uint32Array> {
    return new Uint32Array(await download(device, buffers, this.#slices[name]));
  }

  /** One pass and what it left in the trace; undefined where there was nothing to do. */
  async next(slot: number): Promise<{ pass: Pass; trace: PassTrace } | undefined> {
    const { plan, reveal: end } = this.#kernels;
    const { blockSize } = this.#case;
    device.queue.writeBuffer(this.#slices.progress.buffer, SLOT_OFFSET, Uint32Array.of(slot));
    runKernels(device, [plan, 1]);
    const [trunk, head] = [await this.#words('trunk'), await this.#words('head')];
    const [rows, position, picked, number] = [trunk[0]!, trunk[1]!, head[0]!, head[5]!];
    // More is not dispatched.
    expect(rows).toBeLessThanOrEqual(this.#case.carryEnd > 0 ? 2 * blockSize : blockSize);
    expect(picked).toBeLessThanOrEqual(blockSize);
    if (rows === 0 && picked === 0) return undefined;
    const ids = [...(await this.#words('ids')).subarray(0, rows)];
    const picks = [...(await this.#words('picks')).subarray(0, picked)];
    const progress = await this.#words('progress');
    const [blockPosition, rowOfFirst] = [progress[0]!, progress[7]!];
    // Row r of the pass predicts the token at the head's position + r.
    if (picked > 0) expect((head[1]! + rowOfFirst) >>> 0).toBe(blockPosition);
    const offsets = picks.map((row) => (row - rowOfFirst) >>> 0);
    const predictions = predict({ positions: offsets, pass: number }, blockPosition);
    const drawn = new ArrayBuffer(predictions.length * DRAWN_BYTES);
    predictions.forEach(({ id, probability, entropy, likeliest }, row) => {
      const [words, floats] = [new Uint32Array(drawn, row * DRAWN_BYTES), new Float32Array(drawn, row * DRAWN_BYTES)];
      [words[0], words[3]] = [id, likeliest.id];
      [floats[1], floats[2], floats[4]] = [probability, entropy, likeliest.probability];
    });
    device.queue.writeBuffer(this.#slices.drawn.buffer, 0, drawn);
    runKernels(device, [end, 1]);
    const traces = await download(device, buffers, this.#slices.trace);
    const trace = readTrace(traces, slot * blockSize * TRACE_BYTES, blockSize);
    const pass = { position, ids, picks, number: picked > 0 ? number : 0, blockSize: trunk[2]! };
    return { pass, trace };
  }
}

const POLICIES: readonly BlockwisePolicy[] = [
  { name: 'first-hitting' },
  { name: 'ancestral', steps: 3 },
  { name: 'ancestral', steps: 32 },
  { name: 'confidence', steps: 1 },
  { name: 'confidence', steps: 3 },
  { name: 'confidence', steps: 32 },
  { name: 'threshold', threshold: 0.8 },
  { name: 'threshold', threshold: 0.9999 },
  { name: 'entropy', entropyBound: 0 },
  { name: 'entropy', entropyBound: 0.7 },
];

/** Block sizes, blocks, pinned ids, and up to where a clean pass carries the next block along. */
const OWN: Pick<Case, 'predicts' | 'causal'> = { predicts: 'own', causal: false };

/** The same for models whose rows predict the next token, or whose clean rows see nothing later; and sub-blocks. */
const OTHER_SHAPES: readonly Omit<Case, 'policy'>[] = [
  { blockSize: 1, blocks: 5, pinned: 0, position: 7, carryEnd: 0, predicts: 'next', causal: true },
  { blockSize: 5, blocks: 3, pinned: 0, position: 10, carryEnd: 0, predicts: 'next', causal: true },
  { blockSize: 8, blocks: 3, pinned: 3, position: 40, carryEnd: 0, predicts: 'next', causal: false, subBlockSize: 4 },
  { blockSize: 16, blocks: 2, pinned: 0, position: 3, carryEnd: 0, predicts: 'next', causal: false, subBlockSize: 8 },
  { blockSize: 12, blocks: 2, pinned: 2, position: 0, carryEnd: 100, predicts: 'own', causal: false, subBlockSize: 3 },
  { blockSize: 4, blocks: 3, pinned: 1, position: 5, carryEnd: 0, predicts: 'own', causal: true },
];

const SHAPES: readonly Omit<Case, 'policy' | 'predicts' | 'causal'>[] = [
  { blockSize: 1, blocks: 3, pinned: 0, position: 0, carryEnd: 0 },
  { blockSize: 1, blocks: 6, pinned: 0, position: 7, carryEnd: 9 },
  { blockSize: 5, blocks: 3, pinned: 2, position: 10, carryEnd: 0 },
  { blockSize: 8, blocks: 4, pinned: 4, position: 40, carryEnd: 56 },
  { blockSize: 16, blocks: 2, pinned: 0, position: 0, carryEnd: 100 },
  { blockSize: 32, blocks: 2, pinned: 9, position: 64, carryEnd: 0 },
];

describe.each(POLICIES.map((policy) => [JSON.stringify(policy), policy] as const))(
  'plan-pass and reveal, %s',
  (_, policy) => {
    const shapes: readonly Omit<Case, 'policy'>[] = [...SHAPES.map((shape) => ({ ...OWN, ...shape })), ...OTHER_SHAPES];
    const title =
      '$report of blocks of $blockSize ($subBlockSize), $pinned pinned, carried below $carryEnd, $predicts, causal $causal';
    const cases = (['reveals', 'guesses'] as const).flatMap((report) => shapes.map((shape) => ({ report, ...shape })));
    it.each(cases)(title, async ({ report, ...shape }) => {
      const test = { ...shape, policy };
      const request = requestOf(test, report);
      const backend = new LotBackend(test);
      backend.position = shape.position;
      const steps: BlockStep[] = [];
      for await (const step of backend.writeBlocks(request, new AbortController().signal)) steps.push(step);

      const gpu = new GpuRun(test, request);
      const passes: Pass[] = [];
      const traces: PassTrace[] = [];
      for (let slot = 0; ; slot = (slot + 1) % SLOTS) {
        const told = await gpu.next(slot);
        if (!told) break;
        passes.push(told.pass);
        if (told.trace.revealed.length > 0) traces.push(told.trace);
      }
      expect(passes).toEqual(carried(backend.passes, shape.carryEnd));
      expect(traces).toEqual(steps.map(({ reveal, guesses = [] }) => ({ revealed: reveal, guessed: guesses })));

      // Done is done.
      expect(await gpu.next(0)).toBeUndefined();
    });
  },
);
