import type { BackendChoice } from '../library/models';
import type { ReadFile } from '../model/source/open-model-source';

/** What a browser and Node have each in their own way. */
export interface Platform {
  /** WebGPU, where a choice of backend may take it and there is one. Throws `no-webgpu`. */
  gpu(choice: BackendChoice): Promise<GPU | undefined>;
  /** Reads the files of a folder on disk; undefined where there are no disks. */
  readonly readFolder?: (path: string) => ReadFile;
}
