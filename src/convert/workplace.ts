import type { FileInPlace } from '../model/store/private-files';

/** Where the files of a model are while it is converted: each is written here and there, in the checkpoint's order. */
export interface Workplace {
  /** Opens a file in place, made if need be. Whoever opens it closes it. */
  open(name: string): Promise<FileInPlace>;
}
