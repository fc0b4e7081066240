import { piecesOf } from '../source/pieces';

/** Files of the origin's private file system. Each directory may be gone at any time: another tab may remove a model. */

/** An open file that is read and written where it lies: the platform's FileSystemSyncAccessHandle. */
export interface FileInPlace {
  /** Returns how many bytes were read. */
  read(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  /** Returns how many bytes were written. */
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  /** Until then nobody else can open it. */
  close(): void;
}

/** What the compiler does not know of the platform's handles. */
interface FileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileInPlace>;
  /** Missing in some browsers. */
  move?(directory: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/** How long the worker of a page that was closed or reloaded may hold on to its files: a moment. */
const RELEASE = { tries: 40, waitMs: 50 };

/** A file as it stands; null where there is none. */
export async function findFile(directory: FileSystemDirectoryHandle, name: string): Promise<File | null> {
  const handle = await orNull(directory.getFileHandle(name));
  return handle && orNull(handle.getFile());
}

export async function findDirectory(
  directory: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemDirectoryHandle | null> {
  return orNull(directory.getDirectoryHandle(name));
}

/** Removes a file, or a directory with all that is in it, if there is one. */
export async function removeEntry(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  await onceReleased(() => orNull(directory.removeEntry(name, { recursive: true })));
}

/** Opens a file in place for reading and writing, made if need be. */
export async function openInPlace(directory: FileSystemDirectoryHandle, name: string): Promise<FileInPlace> {
  const handle = (await directory.getFileHandle(name, { create: true })) as FileHandle;
  return onceReleased(() => handle.createSyncAccessHandle());
}

/** Puts a small file in place of what may be there. */
export async function writeFile(
  directory: FileSystemDirectoryHandle,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const access = await openInPlace(directory, name);
  try {
    access.truncate(0);
    writeAt(access, bytes, 0);
    access.flush();
  } finally {
    access.close();
  }
}

/** Writes all of the bytes. Throws a QuotaExceededError, also where the browser only writes fewer. */
export function writeAt(access: FileInPlace, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  if (access.write(bytes, { at }) < bytes.length)
    throw new DOMException('The file is not whole.', 'QuotaExceededError');
}

/** Moves a file to a directory, in place of what may be there. */
export async function moveFile(
  from: FileSystemDirectoryHandle,
  name: string,
  to: FileSystemDirectoryHandle,
): Promise<void> {
  await removeEntry(to, name);
  const handle = (await from.getFileHandle(name)) as FileHandle;
  if (handle.move) return handle.move(to, name);
  const access = await openInPlace(to, name);
  try {
    for await (const piece of filePieces(await handle.getFile())) writeAt(access, piece, access.getSize());
    access.flush();
  } finally {
    access.close();
  }
  await removeEntry(from, name);
}

/** A file's bytes, a piece at a time. Throws the platform's error where the file is gone or was changed. */
export function filePieces(file: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  return piecesOf(file.stream(), (cause) => {
    throw cause;
  });
}

/** Whether something thrown is the platform's error of this name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** Changes a file as soon as nobody has it open. */
async function onceReleased<T>(change: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await change();
    } catch (error) {
      if (!isNamed(error, 'NoModificationAllowedError') || tries === RELEASE.tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, RELEASE.waitMs));
    }
  }
}

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    // What bears the name may also be of the other kind: nothing of ours then.
    if (isNamed(error, 'NotFoundError') || isNamed(error, 'TypeMismatchError')) return null;
    throw error;
  }
}
