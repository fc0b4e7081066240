// Attention of a few rows (a block) over the KV ring, split over the ring so that a long context fills
// the GPU: each workgroup takes one head, up to `tile` rows and 64 ring slots, and writes an unfinished
// softmax that `merge-attention` puts together. A key or value is read once for all rows of the tile.
//
// Row i sees the slots [0, min(position + (⌊i / blockSize⌋ + 1) · blockSize, ring)).
//
// @binding(0) Pass uniform
// @binding(1) q        [rows, heads, headSize] f32, after RoPE
// @binding(2) keys     [ring, heads, headSize] f32
// @binding(3) values   [ring, heads, headSize] f32
// @binding(4) sums     [chunks, rows, heads, headSize] f32, written: Σ exp(score − peak) · value
// @binding(5) weights  [chunks, rows, heads] (peak, Σ exp(score − peak)), written
// Dispatch: chunks × heads × ⌈rows / tile⌉ workgroups of 64; chunks = ⌈capacity of the ring / 64⌉. Chunks
// that no row sees return at once and write nothing. headSize is even and at most 128, tile at most 16.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

const CHUNK = 64u;
const STRIDE = 17u;
// Below every score: WGSL has no infinity to rely on.
const NOTHING = -3.0e38;

override heads: u32;
override head_size: u32;
override tile: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> q: array<vec2f>;
@group(0) @binding(2) var<storage, read> keys: array<vec2f>;
@group(0) @binding(3) var<storage, read> values: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> weights: array<vec2f>;

// [slot of the chunk][row of the tile, and one of padding against bank conflicts]: scores, then exp(score − peak).
var<workgroup> scores: array<f32, 64 * 17>;
// [row of the tile][quarter of the chunk]
var<workgroup> peaks: array<f32, 64>;
var<workgroup> totals: array<f32, 64>;

fn visible_slots(rows: vec4u) -> vec4u {
  return min(params.position + (rows / params.block_size + 1) * params.block_size, vec4u(params.ring));
}

@compute @workgroup_size(64)
fn block_attention(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let first_slot = group.x * CHUNK;
  let head = group.y;
  let first_row = group.z * tile;
  let tile_rows = min(tile, params.rows - first_row);
  let end = visible_slots(vec4u(first_row + tile_rows - 1)).x;
  if (first_slot >= end) { return; }
  let pairs = head_size / 2;
  let row_pairs = heads * pairs;

  let fours = (tile + 3) / 4;

  // Scores: an invocation owns one slot of the chunk and scores it against every row, four at a time.
  let slot = first_slot + t;
  let key = min(slot, params.ring - 1) * row_pairs + head * pairs;
  let scale = 1.0 / sqrt(f32(head_size));
  for (var four = 0u; four < fours; four++) {
    let rows = first_row + four * 4 + vec4u(0, 1, 2, 3);
    let queries = min(rows, vec4u(params.rows - 1)) * row_pairs + head * pairs;
    var dots = vec4f();
    for (var i = 0u; i < pairs; i++) {
      let k = keys[key + i];
      dots += vec4f(dot(k, q[queries.x + i]), dot(k, q[queries.y + i]),
                    dot(k, q[queries.z + i]), dot(k, q[queries.w + i]));
    }
    dots = select(vec4f(NOTHING), dots * scale, vec4u(slot) < visible_slots(rows));
    for (var r = 0u; r < 4; r++) { scores[t * STRIDE + four * 4 + r] = dots[r]; }
  }
  workgroupBarrier();

  // Softmax: four invocations share a row, sixteen slots each.
  let row = t / 4;
  let first_of_quarter = t % 4 * 16;
  if (row < tile) {
    var peak = NOTHING;
    for (var i = 0u; i < 16; i++) {
      peak = max(peak, scores[(first_of_quarter + i) * STRIDE + row]);
    }
    peaks[t] = peak;
  }
  workgroupBarrier();
  let peak = max(max(peaks[row * 4], peaks[row * 4 + 1]), max(peaks[row * 4 + 2], peaks[row * 4 + 3]));
  if (row < tile) {
    let seen = visible_slots(vec4u(first_row + row)).x;
    var total = 0.0;
    for (var i = 0u; i < 16; i++) {
      let at = first_of_quarter + i;
      let weight = select(0.0, exp(scores[at * STRIDE + row] - peak), first_slot + at < seen);
      scores[at * STRIDE + row] = weight;
      total += weight;
    }
    totals[t] = total;
  }
  workgroupBarrier();
  if (t % 4 == 0 && row < tile_rows) {
    weights[(group.x * params.rows + first_row + row) * heads + head] =
      vec2f(peak, totals[t] + totals[t + 1] + totals[t + 2] + totals[t + 3]);
  }

  // Values: an invocation owns one pair of features of every `teams`-th four rows.
  let teams = 64 / pairs;
  let pair = t % pairs;
  let team = t / pairs;
  if (team >= teams) { return; }
  let feature = head * pairs + pair;
  let slots = min(CHUNK, end - first_slot);
  for (var four = team; four < fours; four += teams) {
    var even = vec4f();
    var odd = vec4f();
    for (var s = 0u; s < slots; s++) {
      let value = values[(first_slot + s) * row_pairs + feature];
      let at = s * STRIDE + four * 4;
      let share = vec4f(scores[at], scores[at + 1], scores[at + 2], scores[at + 3]);
      even += share * value.x;
      odd += share * value.y;
    }
    for (var r = 0u; r < min(4, tile_rows - min(tile_rows, four * 4)); r++) {
      sums[(group.x * params.rows + first_row + four * 4 + r) * row_pairs + feature] = vec2f(even[r], odd[r]);
    }
  }
}
