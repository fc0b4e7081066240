/** The files of a checkpoint, wherever they lie: on a disk, chosen by a person, or on a server. */
export interface CheckpointFiles {
  /** Bytes of a file; null where there is none. */
  size(path: string, signal?: AbortSignal): Promise<number | null>;
  /** So many bytes of a file, in a buffer that begins with them and belongs to the caller. */
  read(path: string, from: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** The SHA-256 that a file should have, in lower-case hex, where somebody says it. */
  sha256?(path: string): string | null;
}
