import { expect, it } from 'vitest';
import { scoreBias } from '../../bench/page/score-bias';

/** `x` where a key is hidden, row by row. */
const drawn = (pass: Parameters<typeof scoreBias>[0]) => {
  const text = Array.from(scoreBias(pass), (bias) => (bias === 0 ? '.' : 'x')).join('');
  return text.match(new RegExp(`.{${pass.slots + pass.rows}}`, 'g'));
};

it('hides later blocks of the same pass', () => {
  expect(drawn({ rows: 4, slots: 0, position: 0, ring: 6, blockSize: 2 })).toEqual(['..xx', '..xx', '....', '....']);
});

it('hides nothing from a block while there is room', () => {
  expect(drawn({ rows: 2, slots: 4, position: 4, ring: 6, blockSize: 2 })).toEqual(['......', '......']);
});

it('hides the block that gives way', () => {
  expect(drawn({ rows: 2, slots: 6, position: 8, ring: 6, blockSize: 2 })).toEqual(['..xx....', '..xx....']);
});
