import type { Buffers } from '../../gpu/buffers';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import { readBack } from '../../gpu/readback';
import { packProgress, packRun, SLOT_OFFSET } from '../../kernels/denoise-run';
import { type PassSettings, packPass } from '../../kernels/pass';
import { planPass } from '../../kernels/plan-pass';
import { type PassTrace, readTrace, reveal, TRACE_BYTES } from '../../kernels/reveal';
import type { RevealPolicy } from '../backend';
import { type DeviceNetwork, KEPT_ROW } from './device-network';
import { allocateLoop, type LoopMemory } from './memory';
import type { RunPlan } from './run-replay';

/** Submissions that the GPU has before it while one is read. */
export const IN_FLIGHT = 2;

/**
 * The denoise loop on the GPU. Each of its passes is planned, computed, sampled and revealed by kernels, so any number of
 * them can follow each other without JavaScript: a pass goes on where the last one ended, be that within a block or in
 * the next.
 *
 * Dispatches are for the most rows that a pass can have; workgroups of rows that it has not return at once. To have the
 * GPU set their size costs more: Chromium checks each such size in a dispatch of its own (docs/LOG.md).
 */
export class DenoiseLoop {
  readonly #device: GPUDevice;
  readonly #network: DeviceNetwork;
  readonly #memory: LoopMemory;
  readonly #begin: Kernel;
  readonly #end: Kernel;
  #blockSize = 0;
  /** The most rows that a pass of the run can have in the layers; the head has a block's at most. */
  #mostRows = 0;
  #submissions = 0;

  constructor(pipelines: Pipelines, buffers: Buffers, network: DeviceNetwork) {
    this.#device = pipelines.device;
    this.#network = network;
    const { few, head } = network;
    this.#memory = allocateLoop(buffers, IN_FLIGHT);
    const { pass: trunk, ids } = few.activations;
    const { pass, picks, drawn, written } = head;
    this.#begin = planPass(pipelines, 'loop.plan', { ...this.#memory, ids, picks, trunk, head: pass });
    this.#end = reveal(pipelines, 'loop.reveal', { ...this.#memory, head: pass, picks, drawn, written });
  }

  /** Puts the run in place of the one before. `ring` is that of the sequence. */
  start({ request, position, config, carryEnd }: RunPlan, ring: number): void {
    const { first, policy, subBlockSize = first.length, sampling, nfe, blocks, report = 'reveals' } = request;
    const { maskId, stopIds, network } = config;
    this.#blockSize = first.length;
    this.#mostRows = carryEnd > 0 ? 2 * first.length : first.length;
    const { run, progress, tokens } = this.#memory;
    const given = first.map((id) => id !== maskId);
    this.#write(
      run,
      packRun({
        policy: policy.name,
        blockSize: first.length,
        subBlockSize,
        maskId,
        stopIds,
        steps: 'steps' in policy ? policy.steps : 0,
        bound: boundOf(policy),
        carryEnd,
        predicts: network.predicts,
        cleanAttention: network.cleanAttention,
        keptRow: KEPT_ROW,
        report,
      }),
    );
    this.#write(progress, packProgress({ position, given, passes: nfe, blocks }));
    this.#write(tokens, Uint32Array.from(first));
    const settings: PassSettings = {
      rows: 0,
      position,
      blockSize: first.length,
      ring,
      passNumber: nfe,
      seen: [],
      ...sampling,
    };
    this.#write(this.#network.few.activations.pass, packPass(settings));
    this.#write(this.#network.head.pass, packPass(settings));
  }

  /**
   * Submits so many passes of the run, and tells later what each of them left in the trace. At most IN_FLIGHT
   * submissions may wait for that.
   */
  submit(passes: number): Promise<PassTrace[]> {
    const { progress, trace, readbacks } = this.#memory;
    const { few, sampler } = this.#network;
    const head = [...few.head, sampler];
    const readback = readbacks[this.#submissions++ % IN_FLIGHT]!;
    const passBytes = this.#blockSize * TRACE_BYTES;
    this.#device.queue.writeBuffer(progress.buffer, SLOT_OFFSET, Uint32Array.of(0));
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let slot = 0; slot < passes; slot++) {
      this.#begin.encode(pass, 1);
      for (const kernel of few.trunk) kernel.encode(pass, this.#mostRows);
      for (const kernel of head) kernel.encode(pass, this.#blockSize);
      this.#end.encode(pass, 1);
    }
    pass.end();
    encoder.copyBufferToBuffer(trace.buffer, 0, readback.buffer, 0, passes * passBytes);
    this.#device.queue.submit([encoder.finish()]);
    return readBack(this.#device, readback, passes * passBytes).then((bytes) =>
      Array.from({ length: passes }, (_, slot) => readTrace(bytes, slot * passBytes, this.#blockSize)),
    );
  }

  #write({ buffer }: { readonly buffer: GPUBuffer }, data: BufferSource): void {
    this.#device.queue.writeBuffer(buffer, 0, data);
  }
}

function boundOf(policy: RevealPolicy): number {
  if (policy.name === 'threshold') return policy.threshold;
  return policy.name === 'entropy' ? policy.entropyBound : 0;
}
