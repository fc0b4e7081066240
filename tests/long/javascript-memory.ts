import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What JavaScript and WebAssembly hold in this process, in MB. */
export class JavaScriptMemory {
  readonly #modules: WeakRef<WebAssembly.Memory>[] = [];
  #peak = 0;

  /** Sees the WebAssembly memories that are made from now on: Node counts none. */
  constructor() {
    const modules = this.#modules;
    WebAssembly.Memory = class extends WebAssembly.Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super(descriptor);
        modules.push(new WeakRef(this));
      }
    };
  }

  get peakMegabytes(): number {
    return this.#peak;
  }

  megabytes(): number {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const wasm = this.#modules.reduce((sum, module) => sum + (module.deref()?.buffer.byteLength ?? 0), 0);
    const now = (heapUsed + arrayBuffers + wasm) / 1e6;
    this.#peak = Math.max(this.#peak, now);
    return now;
  }

  /** Takes the peak before and after something. */
  async watched<T>(work: () => Promise<T>): Promise<T> {
    this.megabytes();
    const result = await work();
    this.megabytes();
    return result;
  }

  async afterCollection(): Promise<number> {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let round = 0; round < 3; round++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return this.megabytes();
  }
}
