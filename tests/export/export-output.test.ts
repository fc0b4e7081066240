import { expect, it } from 'vitest';
import { progressOutput } from '../../export/export-output';

/** What is written while 40 MB in 8 tensors come, one each `pause` ms. */
function written(isTTY: boolean, pause: number): string[] {
  const lines: string[] = [];
  let time = 5_000;
  const output = progressOutput({ isTTY, write: (text) => lines.push(text) }, () => time);
  for (let parts = 0; parts < 8; parts++) {
    time += pause;
    output.tell({ parts, ofParts: 8, bytes: (parts + 1) * 5e6, ofBytes: 40e6 });
  }
  output.clear();
  return lines;
}

it('is a line for each quarter where nobody watches', () => {
  expect(written(false, 1_000)).toEqual([
    'tensor 2 of 8, 10.0 of 40.0 MB, 2 s\n',
    'tensor 4 of 8, 20.0 of 40.0 MB, 4 s\n',
    'tensor 6 of 8, 30.0 of 40.0 MB, 6 s\n',
    'tensor 8 of 8, 40.0 of 40.0 MB, 8 s\n',
  ]);
});

it('is nothing there for an export that takes no second', () => {
  expect(written(false, 100)).toEqual([]);
});

it('is one line on a terminal, rewritten ten times a second at most, and gone at the end', () => {
  const lines = written(true, 60);
  expect(lines).toHaveLength(5);
  expect(lines[0]).toBe('\r\x1b[2Ktensor 1 of 8, 5.0 of 40.0 MB, 0 s');
  expect(lines.at(-1)).toBe('\r\x1b[2K');
});
