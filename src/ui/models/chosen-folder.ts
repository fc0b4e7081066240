import type { FolderPlace } from '../../library/unmask';

/** The folder among what was dropped, if there is one. To be called while the drop is handled. */
export function droppedFolder(transfer: DataTransfer): FileSystemDirectoryEntry | null {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const folder = entries.find((entry) => entry?.isDirectory);
  return (folder as FileSystemDirectoryEntry | undefined) ?? null;
}

/** Its files, without those in folders below it. Rejects where the browser cannot read it. */
export async function filesOfFolder(folder: FileSystemDirectoryEntry): Promise<FolderPlace> {
  const reader = folder.createReader();
  const files: File[] = [];
  for (;;) {
    // Comes in parts; an empty one is the last.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return { type: 'folder', name: folder.name, files };
    for (const entry of entries) {
      if (!entry.isFile) continue;
      files.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    }
  }
}
