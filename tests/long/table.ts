import type { WeightDtype } from '../../src/model/format/packing';
import type { MeasuredBackend } from './measured-backend';
import type { MeasuredExport } from './measured-export';
import type { MeasuredModel } from './measured-model';

export interface Agreement {
  /** The largest difference of a logit between the backends. */
  readonly backends: number;
  /** From PyTorch's logits. */
  readonly mean: number;
  readonly most: number;
  /** Nats, from the distribution of f16. */
  readonly divergence: number;
}

/** Collects what was measured, for people to read. */
export class Table {
  readonly #lines: string[] = [];

  exported(dtype: WeightDtype, measured: MeasuredExport): void {
    const { megabytes, files, seconds, baseMegabytes, peakMegabytes } = measured;
    this.#lines.push(
      `${dtype}: ${megabytes.toFixed(0)} MB in ${files} files, exported in ${seconds.toFixed(1)} s ` +
        `with at most ${peakMegabytes.toFixed(0)} MB resident, ${baseMegabytes.toFixed(0)} before`,
    );
  }

  ran(dtype: WeightDtype, backend: MeasuredBackend, measured: MeasuredModel): void {
    const { loadSeconds, baseMegabytes, peakMegabytes, secondsPerToken } = measured;
    const javascript = [
      measured.javascriptBaseMegabytes,
      measured.javascriptPeakMegabytes,
      measured.javascriptLeftMegabytes,
    ].map((megabytes) => megabytes.toFixed(0));
    this.#lines.push(
      `${dtype} on ${backend}: loaded in ${loadSeconds.toFixed(1)} s, resident ${baseMegabytes.toFixed(0)} MB before ` +
        `and at most ${peakMegabytes.toFixed(0)}, JavaScript and WebAssembly ${javascript[0]} before, ` +
        `at most ${javascript[1]}, ${javascript[2]} after; ${secondsPerToken.toFixed(2)} s a token`,
    );
  }

  agreed(dtype: WeightDtype, { backends, mean, most, divergence }: Agreement): void {
    this.#lines.push(
      `${dtype}: backends differ by ${backends.toExponential(1)}; from PyTorch ${mean.toFixed(4)} in the mean, ` +
        `${most.toFixed(4)} at most; KL to f16 ${divergence.toFixed(5)}`,
    );
  }

  multipliedBytes(dtype: WeightDtype, mean: number): void {
    this.#lines.push(`${dtype} multiplied as bytes: logits differ by ${mean.toFixed(4)} in the mean`);
  }

  text(): string {
    return this.#lines.join('\n');
  }
}
