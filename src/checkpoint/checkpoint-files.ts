/** The files of a checkpoint, wherever they lie: on a disk, chosen by a person, or on a server. */
export interface CheckpointFiles {
  /** Bytes of a file; null where there is none. */
  size(path: string): Promise<number | null>;
  /** So many bytes of a file, in a buffer that begins with them and belongs to the caller. */
  read(path: string, from: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}
