// Looks up the embedding of each id: y[row] = W[ids[row]], unpacked to f32.
//
// @binding(0) Pass uniform
// @binding(1) ids    [rows] u32
// @binding(2) values [vocab, columns] f32 or f16, or q8: [vocab, groups, 32] bytes, groups = ⌈columns / 32⌉,
//                    or q4: [vocab, groups, 16] bytes of two columns each, the first in the low bits
// @binding(3) scales [vocab, groups] f32; read for q8 and q4 alone
// @binding(4) y      [rows, columns] f32, written
// Dispatch: ⌈columns / 64⌉ × rows workgroups of 64; one invocation makes one number.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

// Dtypes of a matrix; what is none of these is q4.
const F32 = 0u;
const F16 = 1u;
const Q8 = 2u;

override columns: u32;
override dtype: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> values: array<u32>;
@group(0) @binding(3) var<storage, read> scales: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// One weight. Rows of f16 need not start on a word.
fn weight(row: u32, column: u32) -> f32 {
  let at = row * columns + column;
  if (dtype == F32) { return bitcast<f32>(values[at]); }
  if (dtype == F16) { return unpack2x16float(values[at / 2])[at % 2]; }
  let group = row * ((columns + 31) / 32) + column / 32;
  if (dtype == Q8) {
    let byte = unpack4xU8(values[group * 8 + column % 32 / 4])[column % 4];
    return (f32(byte) - 128) * scales[group];
  }
  let bits = (values[group * 4 + column % 32 / 8] >> (column % 8 * 4)) & 15;
  return (f32(bits) - 8) * scales[group];
}

@compute @workgroup_size(64)
fn embedding(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= columns || id.y >= params.rows) { return; }
  y[id.y * columns + id.x] = weight(ids[id.y], id.x);
}
