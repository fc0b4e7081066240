// Attention of many rows over the KV ring: each workgroup takes one head and 16 rows and walks the ring
// in chunks of 64 slots with a running softmax, so a key or value is read once for 16 rows.
//
// Row i sees the slots [0, min(position + (⌊i / blockSize⌋ + 1) · blockSize, ring)): block-causal.
//
// @binding(0) Pass uniform
// @binding(1) q      [rows, heads, headSize] f32, after RoPE
// @binding(2) keys   [ring, heads, headSize] f32
// @binding(3) values [ring, heads, headSize] f32
// @binding(4) out    [rows, heads, headSize] f32, written
// Dispatch: heads × ⌈rows / 16⌉ workgroups of 64. headSize is even and at most 128.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

const TILE = 16u;
const CHUNK = 64u;
// Below every score: WGSL has no infinity to rely on.
const NOTHING = -3.0e38;

override heads: u32;
override head_size: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> q: array<vec2f>;
@group(0) @binding(2) var<storage, read> keys: array<vec2f>;
@group(0) @binding(3) var<storage, read> values: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec2f>;

// [row of the tile][pair of features]
var<workgroup> queries: array<vec2f, 16 * 64>;
// [row of the tile][slot of the chunk]: scores, then exp(score − peak).
var<workgroup> scores: array<f32, 16 * 64>;
// [row of the tile][quarter of the chunk]
var<workgroup> peaks: array<f32, 64>;
var<workgroup> totals: array<f32, 64>;

fn visible_slots(row: u32) -> u32 {
  return min(params.position + (row / params.block_size + 1) * params.block_size, params.ring);
}

@compute @workgroup_size(64)
fn prefill_attention(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let head = group.x;
  let first_row = group.y * TILE;
  let tile_rows = min(TILE, params.rows - first_row);
  let pairs = head_size / 2;
  let row_pairs = heads * pairs;
  let scale = 1.0 / sqrt(f32(head_size));
  for (var i = t; i < TILE * pairs; i += 64) {
    let row = min(first_row + i / pairs, params.rows - 1);
    queries[i / pairs * 64 + i % pairs] = q[row * row_pairs + head * pairs + i % pairs] * scale;
  }
  workgroupBarrier();

  // Softmax: four invocations share a row. Values: an invocation owns a pair of features of every `teams`-th row.
  let my_seen = visible_slots(first_row + t / 4);
  let teams = 64 / pairs;
  let pair = t % pairs;
  let team = min(t / pairs, teams - 1);
  var mixed: array<vec2f, 16>;
  var peak = NOTHING;
  var total = 0.0;

  let end = visible_slots(first_row + tile_rows - 1);
  for (var first_slot = 0u; first_slot < end; first_slot += CHUNK) {
    let slot = first_slot + t;
    let key = min(slot, params.ring - 1) * row_pairs + head * pairs;
    // Written out: without it, Dawn 0.6 for Node over SwiftShader keeps the numbers of the last chunk.
    var dots = array<f32, 16>();
    for (var i = 0u; i < pairs; i++) {
      let k = keys[key + i];
      for (var r = 0u; r < TILE; r++) { dots[r] += dot(k, queries[r * 64 + i]); }
    }
    for (var r = 0u; r < TILE; r++) {
      scores[r * CHUNK + t] = select(NOTHING, dots[r], slot < visible_slots(first_row + r));
    }
    workgroupBarrier();

    let quarter = t / 4 * CHUNK + t % 4 * 16;
    var chunk_peak = NOTHING;
    for (var i = 0u; i < 16; i++) { chunk_peak = max(chunk_peak, scores[quarter + i]); }
    peaks[t] = chunk_peak;
    workgroupBarrier();
    let q4 = t & ~3u;
    let old_peak = peak;
    peak = max(max(max(peaks[q4], peaks[q4 + 1]), max(peaks[q4 + 2], peaks[q4 + 3])), old_peak);
    let shrink = exp(old_peak - peak);
    total *= shrink;
    for (var i = 0u; i < 16; i++) {
      let is_seen = first_slot + t % 4 * 16 + i < my_seen;
      let weight = select(0.0, exp(scores[quarter + i] - peak), is_seen);
      scores[quarter + i] = weight;
      total += weight;
    }
    totals[t] = shrink;
    workgroupBarrier();

    for (var r = 0u; r * teams < TILE; r++) { mixed[r] *= totals[min(r * teams + team, TILE - 1) * 4]; }
    let slots = min(CHUNK, end - first_slot);
    for (var s = 0u; s < slots; s++) {
      let value = values[(first_slot + s) * row_pairs + head * pairs + pair];
      for (var r = 0u; r * teams < TILE; r++) {
        mixed[r] += scores[min(r * teams + team, TILE - 1) * CHUNK + s] * value;
      }
    }
    workgroupBarrier();
  }

  totals[t] = total;
  workgroupBarrier();
  for (var r = 0u; r * teams < TILE; r++) {
    let row = r * teams + team;
    if (row < tile_rows && t / pairs < teams) {
      let sum = totals[row * 4] + totals[row * 4 + 1] + totals[row * 4 + 2] + totals[row * 4 + 3];
      out[(first_row + row) * row_pairs + head * pairs + pair] = mixed[r] / sum;
    }
  }
}
