// q, k and v of a few rows: x · Wᵀ + bias, RMS norm of each head of q and of k if `head_normed`, RoPE on q and k, and
// k and v into the KV ring. The product is that of `matmul-few` (see parts/few-rows.wgsl), but for the order of its
// features: an invocation makes both numbers of a pair (i, i + headSize/2), which RoPE rotates. `lanes` invocations
// share two pairs, that is 4 features; a single lane makes four pairs. With a head norm a workgroup makes a whole
// head. x can be normalised as it is read.
//
// Parts: share-rows or load-rows, pass, params, matrix, few-rows, write-qkv.
//
// @binding(0) Pass uniform
// @binding(1) x             [rows, columns] f32; columns are a multiple of 4
// @binding(2) matrix_values and
// @binding(3) matrix_scales W [(heads + 2 · kvHeads) · headSize, columns]: rows of q, then k, then v; see
//                           parts/matrix.wgsl
// @binding(4) rope_table,
// @binding(5) q,
// @binding(6) ring_keys and
// @binding(7) ring_values   see parts/write-qkv.wgsl
// @binding(8) vectors       small vectors in one buffer, as a stage has few bindings; each starts at the vec4f that
//                           an override tells, and is read if its override says so:
//                           the norm's weight [columns] f32 at 0 (normed), the norm's bias [columns]
//                           (norm_biased), the bias of W (has_bias), the head norm's weight [headSize] of q and that
//                           of k (head_normed)
// Dispatch: ⌈pairs / 8⌉ × ⌈rows / 16⌉ workgroups of 4 · lanes, pairs = (heads + 2 · kvHeads) · headSize / 2; with one
// lane ⌈pairs / 32⌉ × ⌈rows / 16⌉ of 8. With a head norm (heads + 2 · kvHeads) × ⌈rows / 16⌉ workgroups of
// headSize / 4 · lanes, with one lane headSize / 8, which these divisions must leave whole.
// lanes is 1, or a power of 2 from 8 to 64.

override columns: u32;
override has_bias: bool;
override head_normed: bool;
override head_norm_epsilon: f32;
override norm_biased: bool;
// Where the vectors start, in vec4f.
override norm_bias_at: u32;
override bias_at: u32;
override q_norm_at: u32;
override k_norm_at: u32;

override pairs_together: u32 = select(2u, 4u, alone);
override threads: u32 = select(select(4 * lanes, 8u, alone), half / pairs_together * lanes, head_normed);
override teams: u32 = threads / lanes;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> matrix_values: array<u32>;
@group(0) @binding(3) var<storage, read> matrix_scales: array<f32>;
@group(0) @binding(4) var<storage, read> rope_table: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> q: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> ring_keys: array<u32>;
@group(0) @binding(7) var<storage, read_write> ring_values: array<u32>;
@group(0) @binding(8) var<storage, read> vectors: array<vec4f>;

override squares_size: u32 = select(1u, threads, head_normed);
// [invocation]: square of the pair that it has added up, for the head norm with several lanes.
var<workgroup> squares: array<f32, squares_size>;

fn matrix_columns() -> u32 {
  return columns;
}

fn norm_weight(four: u32) -> vec4f {
  return vectors[four];
}

fn norm_bias(four: u32) -> vec4f {
  if (norm_biased) { return vectors[norm_bias_at + four]; }
  return vec4f();
}

fn vector_number(start: u32, index: u32) -> f32 {
  return vectors[start + index / 4][index % 4];
}

fn biases_of(features: vec4u) -> vec4f {
  if (!has_bias) { return vec4f(); }
  return vec4f(vector_number(bias_at, features.x), vector_number(bias_at, features.y),
               vector_number(bias_at, features.z), vector_number(bias_at, features.w));
}

// The features that are the low halves of pairs. The last pair repeats past the end, and nobody writes its sums.
fn low_features(pairs: vec4u) -> vec4u {
  let at = min(pairs, vec4u(all_pairs - 1));
  return at / half * head_size + at % half;
}

// Writes a pair of a row. `scale` is the head norm's 1 / √(mean square + epsilon).
fn write(row: u32, pair: u32, low: f32, high: f32, scale: f32) {
  var numbers = vec2f(low, high);
  if (head_normed && pair < q_pairs + kv_pairs) {
    let start = select(k_norm_at, q_norm_at, pair < q_pairs);
    let i = pair % half;
    numbers *= scale * vec2f(vector_number(start, i), vector_number(start, i + half));
  }
  write_pair(row, pair, numbers.x, numbers.y);
}

// The head norm's scales of four rows, whose pairs single lanes have: low halves on the left, high ones on the right.
fn head_scales_alone(t: u32, left: mat4x4f, right: mat4x4f) -> vec4f {
  parts[t] = vec4f(dot(left[0], left[0]) + dot(right[0], right[0]), dot(left[1], left[1]) + dot(right[1], right[1]),
                   dot(left[2], left[2]) + dot(right[2], right[2]), dot(left[3], left[3]) + dot(right[3], right[3]));
  workgroupBarrier();
  var sums = vec4f();
  for (var i = 0u; i < threads; i++) { sums += parts[i]; }
  workgroupBarrier();
  return 1 / sqrt(sums / f32(head_size) + head_norm_epsilon);
}

// The head norm's scale of a row whose pairs two lanes of each team have, this one and its neighbour.
fn head_scale_together(t: u32, low: f32, high: f32) -> f32 {
  squares[t] = low * low + high * high;
  workgroupBarrier();
  let lane = lane_of(t) / 2 * 2;
  var sum = 0.0;
  for (var team = 0u; team < teams; team++) {
    sum += squares[invocation_at(team, lane)] + squares[invocation_at(team, lane + 1)];
  }
  return 1 / sqrt(sum / f32(head_size) + head_norm_epsilon);
}

// Writes the rows that lanes share, up to rows_shared, of their two pairs: sums are (low, low, high, high) of each row.
// The first lanes make a pair each.
fn write_together(t: u32, first_row: u32, first_pair: u32, biases: vec4f) {
  let row = lane_of(t) / 2;
  let pair = lane_of(t) % 2;
  let has_one = row < min(rows_shared, params.rows - first_row);
  var low = 0.0;
  var high = 0.0;
  if (has_one) {
    low = sum_of_lanes(t, row, pair) + biases[pair];
    high = sum_of_lanes(t, row, pair + 2) + biases[pair + 2];
  }
  var scale = 1.0;
  if (head_normed) { scale = head_scale_together(t, low, high); }
  if (has_one && first_pair + pair < all_pairs) { write(first_row + row, first_pair + pair, low, high, scale); }
  workgroupBarrier();
}

fn with_biases(sums: mat4x4f, biases: vec4f) -> mat4x4f {
  return mat4x4f(sums[0] + biases, sums[1] + biases, sums[2] + biases, sums[3] + biases);
}

// Writes the four pairs that an invocation made alone, of all rows; sums are of the low halves, then of the high ones.
// Indices that are no constants want a copy of them.
fn write_alone(t: u32, first_row: u32, pair: u32, sums: array<mat4x4f, 8>, low_biases: vec4f, high_biases: vec4f) {
  var copy = sums;
  let pairs = min(4, all_pairs - min(pair, all_pairs));
  var scales = vec4f(1);
  for (var row = 0u; row < min(TILE, params.rows - first_row); row++) {
    let four = row / 4;
    if (head_normed && row % 4 == 0) {
      scales = head_scales_alone(t, with_biases(copy[four], low_biases), with_biases(copy[four + 4], high_biases));
    }
    for (var p = 0u; p < pairs; p++) {
      let low = copy[four][row % 4][p] + low_biases[p];
      let high = copy[four + 4][row % 4][p] + high_biases[p];
      write(first_row + row, pair + p, low, high, scales[row % 4]);
    }
  }
}

@compute @workgroup_size(threads)
fn project_qkv(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let row = group.y * TILE;
  if (row >= params.rows) { return; }
  let t = numbered(index);
  if (normed) { measure_rows(t, row); }
  let pair = (group.x * teams + team_of(t)) * pairs_together;
  // A single lane has low halves on the left and high ones on the right; lanes that share have all on the left.
  let lows = low_features(pair + vec4u(0, 1, select(vec2u(0, 1), vec2u(2, 3), alone)));
  let on_right = lows + half;
  let on_left = select(vec4u(lows.xy, on_right.zw), lows, alone);
  var left: TileSums;
  var right: TileSums;
  multiply(t, row, on_left, on_right, &left, &right);

  let left_biases = biases_of(on_left);
  if (alone) {
    write_alone(t, row, pair,
                array<mat4x4f, 8>(left[0], left[1], left[2], left[3], right[0], right[1], right[2], right[3]),
                left_biases, biases_of(on_right));
    return;
  }
  for (var of_tile = 0u; of_tile < rolled(min(TILE, params.rows - row)); of_tile += rows_shared) {
    share_sums(t, of_tile, &left);
    write_together(t, row + of_tile, pair, left_biases);
  }
}
