import { useEffect, useState } from 'react';
import { droppedFolder } from '../models/chosen-folder';

interface Takers {
  readonly onFile: (file: File) => void;
  readonly onFolder: (folder: FileSystemDirectoryEntry) => void;
}

/** Takes files and folders that are dropped anywhere on the page. True while one hovers over it. */
export function useFileDrop({ onFile, onFolder }: Takers): boolean {
  const [hovering, setHovering] = useState(false);
  useEffect(() => {
    const hasFile = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent) => {
      if (!hasFile(event)) return;
      // Without this the browser would leave the page for the file.
      event.preventDefault();
      setHovering(true);
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      if (relatedTarget === null) setHovering(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      setHovering(false);
      if (!event.dataTransfer) return;
      const folder = droppedFolder(event.dataTransfer);
      const file = event.dataTransfer.files[0];
      if (folder) onFolder(folder);
      else if (file) onFile(file);
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, [onFile, onFolder]);
  return hovering;
}
