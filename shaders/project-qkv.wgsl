// q, k and v of a few rows: x · Wᵀ, then rotary position embedding on q and k, and k and v into the KV ring. The
// matmul is that of `matmul-few`, but for the order of its features: an invocation makes both numbers of a pair
// (i, i + headSize/2), which RoPE turns by the angle position · base^(−2i/headSize). `lanes` invocations share two
// pairs, that is 4 features; one on its own makes four pairs.
//
// @binding(0) Pass uniform
// @binding(1) x           [rows, hidden] f32; hidden = heads · headSize is a multiple of 4, headSize even
// @binding(2) values      [3 · hidden, hidden] f32 or f16, or q8: [3 · hidden, groups, 32] bytes,
//                         groups = ⌈hidden / 32⌉, or q4: [3 · hidden, groups, 16] bytes of two columns each,
//                         the first in the low bits; rows of q, then k, then v
// @binding(3) scales      [3 · hidden, groups] f32; read for q8 and q4 alone
// @binding(4) turns       [ring, headSize/2] (cos, sin) pairs of the position that a slot holds, f32: computed
//                         on the CPU in f64, as the angle grows with the position and GPUs differ in how far
//                         sin is right
// @binding(5) q           [rows, heads, headSize/2] pairs f32, written
// @binding(6) keys        [ring, heads, headSize/2] pairs, f16 if cache_f16 and else f32; written at slot
//                         (position + row) mod ring
// @binding(7) ring_values the same: v
// @binding(8) norm_weight and
// @binding(9) norm_bias   [hidden] f32; read if `normed`: x is then normalised as by `layer-norm` while it is read
// Dispatch: ⌈pairs / (2 · 32 / lanes)⌉ × ⌈rows / 16⌉ workgroups of 32, pairs = 3 · hidden / 2; with one lane
// ⌈pairs / 32⌉ × ⌈rows / 16⌉ of 8. lanes is 1, or a power of 2 from 4 to 32; one alone does not norm, as each
// would have to do it for itself.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

// Dtypes of a matrix; what is none of these is q4.
const F32 = 0u;
const F16 = 1u;
const Q8 = 2u;

// Rows that one read of a weight serves.
const TILE = 16u;

override lanes: u32;
override heads: u32;
override head_size: u32;
override dtype: u32;
override normed: bool;
override cache_f16: bool;
override epsilon: f32;

override alone: bool = lanes == 1;
override threads: u32 = select(32u, 8u, alone);
override pairs_together: u32 = select(2u, 4u, alone);
override half: u32 = head_size / 2;
override hidden: u32 = heads * head_size;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> values: array<u32>;
@group(0) @binding(3) var<storage, read> scales: array<f32>;
@group(0) @binding(4) var<storage, read> turns: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> q: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> keys: array<u32>;
@group(0) @binding(7) var<storage, read_write> ring_values: array<u32>;
@group(0) @binding(8) var<storage, read> norm_weight: array<vec4f>;
@group(0) @binding(9) var<storage, read> norm_bias: array<vec4f>;

// [invocation]: four features of one row; before that, what a row of x adds up to for its norm. Small, because
// software adapters are slow to clear workgroup memory.
var<workgroup> parts: array<vec4f, threads>;
// [row of the tile]: mean, and 1 / √(variance + epsilon).
var<workgroup> moments: array<vec2f, TILE>;

// Columns 4 · four and on of one feature.
fn weights_of(feature: u32, four: u32) -> vec4f {
  if (dtype == F32) {
    let at = feature * hidden + four * 4;
    return bitcast<vec4f>(vec4u(values[at], values[at + 1], values[at + 2], values[at + 3]));
  }
  if (dtype == F16) {
    let at = feature * hidden / 2 + four * 2;
    return vec4f(unpack2x16float(values[at]), unpack2x16float(values[at + 1]));
  }
  let groups = (hidden + 31) / 32;
  let scale = scales[feature * groups + four / 8];
  if (dtype == Q8) {
    let bytes = unpack4xU8(values[feature * groups * 8 + four]);
    return (vec4f(bytes) - 128) * scale;
  }
  // Half a word, the first column in its lowest bits.
  let half_word = values[feature * groups * 4 + four / 2] >> (four % 2 * 16);
  return (vec4f((vec4u(half_word) >> vec4u(0, 4, 8, 12)) & vec4u(15)) - 8) * scale;
}

// The same columns of four features, one a column of the matrix.
fn weights(at: vec4u, four: u32) -> mat4x4f {
  return mat4x4f(weights_of(at.x, four), weights_of(at.y, four), weights_of(at.z, four), weights_of(at.w, four));
}

// Mean and 1 / √(variance + epsilon) of the rows of the tile, which two invocations each walk twice: the mean of
// squares less the squared mean would lose its digits where the mean is large.
fn measure_rows(t: u32, first_row: u32) {
  let start = min(first_row + t / 2, params.rows - 1) * (hidden / 4);
  var sum = vec4f();
  for (var four = t % 2; four < hidden / 4; four += 2) { sum += x[start + four]; }
  parts[t] = sum;
  workgroupBarrier();
  let mean = dot(parts[t] + parts[t ^ 1], vec4f(1)) / f32(hidden);
  workgroupBarrier();
  var squares = vec4f();
  for (var four = t % 2; four < hidden / 4; four += 2) {
    let distance = x[start + four] - mean;
    squares += distance * distance;
  }
  parts[t] = squares;
  workgroupBarrier();
  let variance = dot(parts[t] + parts[t ^ 1], vec4f(1)) / f32(hidden);
  moments[t / 2] = vec2f(mean, 1 / sqrt(variance + epsilon));
  workgroupBarrier();
}

// And of four rows of x, normalised if it is to be.
fn inputs(first_row: u32, four: u32) -> mat4x4f {
  let at = min(first_row + vec4u(0, 1, 2, 3), vec4u(params.rows - 1)) * (hidden / 4) + four;
  let rows = mat4x4f(x[at.x], x[at.y], x[at.z], x[at.w]);
  if (!normed) { return rows; }
  let scale = norm_weight[four];
  let shift = norm_bias[four];
  let of_tile = first_row % TILE;
  return mat4x4f(normalised(rows[0], of_tile, scale, shift), normalised(rows[1], of_tile + 1, scale, shift),
                 normalised(rows[2], of_tile + 2, scale, shift), normalised(rows[3], of_tile + 3, scale, shift));
}

fn normalised(numbers: vec4f, row_of_tile: u32, scale: vec4f, shift: vec4f) -> vec4f {
  let moment = moments[row_of_tile];
  return (numbers - moment.x) * moment.y * scale + shift;
}

// [row][feature]
fn products(inputs: mat4x4f, weights: mat4x4f) -> mat4x4f {
  return mat4x4f(inputs[0] * weights, inputs[1] * weights, inputs[2] * weights, inputs[3] * weights);
}

// The features that are the low halves of pairs, counted over all heads of q, k and v; past the last pair those
// of it again, whose sums nobody writes.
fn low_features(pairs: vec4u) -> vec4u {
  let at = min(pairs, vec4u(3 * heads * half - 1));
  return at / half * head_size + at % half;
}

// Puts a pair of features of a key or a value into the ring.
fn store_key(at: u32, pair: vec2f) {
  if (cache_f16) {
    keys[at] = pack2x16float(pair);
  } else {
    keys[at * 2] = bitcast<u32>(pair.x);
    keys[at * 2 + 1] = bitcast<u32>(pair.y);
  }
}
fn store_value(at: u32, pair: vec2f) {
  if (cache_f16) {
    ring_values[at] = pack2x16float(pair);
  } else {
    ring_values[at * 2] = bitcast<u32>(pair.x);
    ring_values[at * 2 + 1] = bitcast<u32>(pair.y);
  }
}

// Turns a pair of q or k, and writes it where it belongs.
fn write(row: u32, pair: u32, low: f32, high: f32) {
  if (row >= params.rows || pair >= 3 * heads * half) { return; }
  let slot = (params.position + row) % params.ring;
  let turn = turns[slot * half + pair % half];
  let turned = vec2f(low * turn.x - high * turn.y, high * turn.x + low * turn.y);
  let pairs = heads * half;
  let at = pair % pairs;
  if (pair < pairs) {
    q[row * pairs + at] = turned;
  } else if (pair < 2 * pairs) {
    store_key(slot * pairs + at, turned);
  } else {
    store_value(slot * pairs + at, vec2f(low, high));
  }
}

// Writes four rows of the pairs of one invocation: `sums` are of their low halves, `right_sums` of their high ones.
fn finish_alone(first_row: u32, pair: u32, sums: mat4x4f, right_sums: mat4x4f) {
  for (var r = 0u; r < 4; r++) {
    for (var p = 0u; p < 4; p++) { write(first_row + r, pair + p, sums[r][p], right_sums[r][p]); }
  }
}

// The same for several lanes, whose sums are (low, low, high, high); the first two add up one pair each.
fn finish_together(t: u32, first_row: u32, pair: u32, sums: mat4x4f) {
  let lane = t % lanes;
  for (var r = 0u; r < 4; r++) {
    parts[t] = sums[r];
    workgroupBarrier();
    if (lane < 2) {
      var low = 0.0;
      var high = 0.0;
      for (var i = 0u; i < lanes; i++) {
        low += parts[t - lane + i][lane];
        high += parts[t - lane + i][lane + 2];
      }
      write(first_row + r, pair + lane, low, high);
    }
    workgroupBarrier();
  }
}

fn finish(t: u32, first_row: u32, pair: u32, sums: mat4x4f, right_sums: mat4x4f) {
  if (alone) {
    finish_alone(first_row, pair, sums, right_sums);
  } else {
    finish_together(t, first_row, pair, sums);
  }
}

@compute @workgroup_size(threads)
fn project_qkv(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let row = group.y * TILE;
  let fours_of_rows = (min(TILE, params.rows - row) + 3) / 4;
  if (normed) { measure_rows(t, row); }
  let pair = (group.x * (threads / lanes) + t / lanes) * pairs_together;
  // Low halves on the left and high ones on the right; of two pairs shared by several lanes all on the left.
  let lows = low_features(pair + vec4u(0, 1, select(vec2u(0, 1), vec2u(2, 3), alone)));
  let right = lows + half;
  let left = select(vec4u(lows.xy, right.zw), lows, alone);

  // [four rows]; what is on the right is for one who works alone. Every index is a constant: arrays with others
  // would leave the registers.
  var sums: array<mat4x4f, 4>;
  var right_sums: array<mat4x4f, 4>;
  for (var four = t % lanes; four < hidden / 4; four += lanes) {
    let of_left = weights(left, four);
    var of_right: mat4x4f;
    if (alone) { of_right = weights(right, four); }

    var rows = inputs(row, four);
    sums[0] += products(rows, of_left);
    if (alone) { right_sums[0] += products(rows, of_right); }
    if (fours_of_rows > 1) {
      rows = inputs(row + 4, four);
      sums[1] += products(rows, of_left);
      if (alone) { right_sums[1] += products(rows, of_right); }
    }
    if (fours_of_rows > 2) {
      rows = inputs(row + 8, four);
      sums[2] += products(rows, of_left);
      if (alone) { right_sums[2] += products(rows, of_right); }
    }
    if (fours_of_rows > 3) {
      rows = inputs(row + 12, four);
      sums[3] += products(rows, of_left);
      if (alone) { right_sums[3] += products(rows, of_right); }
    }
  }

  finish(t, row, pair, sums[0], right_sums[0]);
  if (fours_of_rows > 1) { finish(t, row + 4, pair, sums[1], right_sums[1]); }
  if (fours_of_rows > 2) { finish(t, row + 8, pair, sums[2], right_sums[2]); }
  if (fours_of_rows > 3) { finish(t, row + 12, pair, sums[3], right_sums[3]); }
}
