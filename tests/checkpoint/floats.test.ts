import { Float16Array } from '@petamoriken/float16';
import { expect, it } from 'vitest';
import { decodeFloats, encodeHalves } from '../../src/checkpoint/floats';

const everyHalf = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

it('every f16 is decoded as a library of others does', () => {
  const expected = Float32Array.from(new Float16Array(everyHalf.slice().buffer));
  expect(decodeFloats(everyHalf.slice().buffer, 65_536, 'F16')).toEqual(expected);
});

it('f16 are encoded as a library of others does, between all of them too', () => {
  const halves = Float32Array.from(new Float16Array(everyHalf.slice().buffer)).filter(Number.isFinite);
  const numbers = Float32Array.from(
    [...halves].flatMap((half, index) => {
      const between = (half + (halves[index + 1] ?? half)) / 2;
      // The middle, which goes to the even one, and its f32 neighbours.
      return [half, between, between * (1 + 2 ** -23), between * (1 - 2 ** -23)];
    }),
  ).filter((number) => Math.abs(number) < 65_520);
  const expected = new Uint8Array(new Float16Array(numbers).buffer);
  expect(encodeHalves(numbers, 'w')).toEqual(expected);
  expect(encodeHalves(Float32Array.of(0, -0, 1e-10, -1e-45), 'w')).toEqual(
    new Uint8Array(new Float16Array([0, -0, 1e-10, -1e-45]).buffer),
  );
});
