import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Workplace } from '../../src/convert/workplace';

/** A workplace in a folder of the disk, as the browser's is in its storage. */
export function diskWorkplace(folder: string): Workplace {
  mkdirSync(folder, { recursive: true });
  return {
    async open(name) {
      const path = join(folder, name);
      closeSync(openSync(path, 'a'));
      const file = openSync(path, 'r+');
      return {
        read: (bytes, { at }) => readSync(file, bytes, 0, bytes.length, at),
        write: (bytes, { at }) => writeSync(file, bytes, 0, bytes.length, at),
        truncate: (size) => ftruncateSync(file, size),
        getSize: () => fstatSync(file).size,
        flush: () => fsyncSync(file),
        close: () => closeSync(file),
      };
    },
  };
}
