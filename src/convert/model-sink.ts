import type { ManifestFile } from '../model/format/manifest';

/** Where the files of a model folder go: a disk, or the browser's storage. */
export interface ModelSink {
  /** Begins a file of so many bytes. The one before is finished. */
  begin(path: string, bytes: number): Promise<FileSink>;
}

export interface FileSink {
  /** The bytes may change once this has returned. */
  append(bytes: Uint8Array): Promise<void>;
  /** To be called when all bytes have come. */
  finish(): Promise<ManifestFile>;
}
