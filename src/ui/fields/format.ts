import type { ModelInfo } from '../../library/unmask';

/** `17.4`: millions of bytes with one digit, as download sizes are shown. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** `512 KB`, `4.2 MB`: memory, in powers of ten as downloads are. */
export function bytes(count: number): string {
  return count < 1e6 ? `${Math.round(count / 1e3)} KB` : `${megabytes(count)} MB`;
}

/** `10.5 M`, `170 M`, `600 K`, `2.03 B`. */
export function millions(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} B`;
  if (count < 1e6) return `${Math.max(1, Math.round(count / 1e3))} K`;
  return `${(count / 1e6).toFixed(count < 1e8 ? 1 : 0)} M`;
}

/** `0.42`, `38.2`, `1250`: three digits or so, whatever the size. */
export function rate(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

/** `24.2`, `133`, `2,400,000` */
export function perplexityText(perplexity: number): string {
  if (perplexity < 100) return perplexity.toFixed(1);
  return Number(perplexity.toPrecision(3)).toLocaleString('en');
}

/** `WebGPU, apple metal-3` or `WebAssembly, CPU, 2 threads`. */
export function deviceOf({ backend, adapter }: Pick<ModelInfo, 'backend' | 'adapter'>): string {
  return `${backend === 'webgpu' ? 'WebGPU' : 'WebAssembly'}, ${adapter}`;
}

/** Whether the arithmetic is done by a CPU, as it also is behind WebGPU in software. */
export function runsOnCpu({ backend, adapter }: Pick<ModelInfo, 'backend' | 'adapter'>): boolean {
  return backend === 'wasm' || adapter.endsWith('(software)');
}

/** `1 token`, `2 tokens` */
export function tokensText(count: number): string {
  return countOf(count, 'token');
}

/** `1 word`, `2 words` */
export function countOf(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
