// Attention of many rows over the KV ring: each workgroup takes one head and 16 rows and walks the ring
// in chunks of 64 slots with a running softmax, so a key or value is read once for 16 rows.
//
// Parts: pass, params, visible-slots, read-ring.
//
// @binding(0) Pass uniform
// @binding(1) q           [rows, heads, headSize/2] pairs f32, after RoPE: features i and i + headSize/2 are a pair
// @binding(2) ring_keys and
// @binding(3) ring_values see parts/read-ring.wgsl; query head h reads KV head ⌊h / (heads / kvHeads)⌋
// @binding(4) out         [rows, heads, headSize] f32, written
// Dispatch: heads × ⌈rows / 16⌉ workgroups of 64. headSize is even and at most 128.

const TILE = 16u;
const CHUNK = 64u;
const STRIDE = 17u;
// Below every score: WGSL has no infinity to rely on.
const NOTHING = -3.0e38;

override heads: u32;
override kv_heads: u32;
override head_size: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> q: array<vec2f>;
@group(0) @binding(2) var<storage, read> ring_keys: array<u32>;
@group(0) @binding(3) var<storage, read> ring_values: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

// [slot of the chunk][row of the tile, and one of padding against bank conflicts]: scores, then exp(score − peak).
var<workgroup> scores: array<f32, 64 * 17>;
// [row of the tile][quarter of the chunk]
var<workgroup> peaks: array<f32, 64>;
var<workgroup> totals: array<f32, 64>;
// [row of the tile]: by how much the sums shrink where a chunk raises the peak.
var<workgroup> shrinks: array<f32, 16>;
// [four rows of the tile][pair of features]: the sums so far, of its low and of its high feature. Every
// invocation has its own; they are here because private arrays are slow where they are not unrolled.
var<workgroup> lows: array<vec4f, 4 * 64>;
var<workgroup> highs: array<vec4f, 4 * 64>;

// The first pair of a slot's key, or value, for a query head.
fn first_pair(slot: u32, head: u32) -> u32 {
  return (slot * kv_heads + head / (heads / kv_heads)) * (head_size / 2);
}

// An invocation owns one slot of the chunk and scores it against every row, four at a time. `end` is that of the tile.
fn score(t: u32, slot: u32, end: u32, first_row: u32, head: u32) {
  let pairs = head_size / 2;
  let row_pairs = heads * pairs;
  let key = first_pair(min(slot, end - 1), head);
  let scale = 1.0 / sqrt(f32(head_size));
  for (var four = 0u; four < rolled(TILE); four += 4) {
    let rows = first_row + four + vec4u(0, 1, 2, 3);
    let queries = min(rows, vec4u(params.rows - 1)) * row_pairs + head * pairs;
    var dots = vec4f();
    for (var i = 0u; i < pairs; i++) {
      let k = key_pair(key + i);
      dots += vec4f(dot(k, q[queries.x + i]), dot(k, q[queries.y + i]),
                    dot(k, q[queries.z + i]), dot(k, q[queries.w + i]));
    }
    dots = select(vec4f(NOTHING), dots * scale, sees(rows, slot) & vec4<bool>(slot < end));
    for (var r = 0u; r < rolled(4); r++) { scores[t * STRIDE + four + r] = dots[r]; }
  }
}

// Those of a row, of this slot of the chunk and the three after it.
fn four_scores(slot: u32, row: u32) -> vec4f {
  let at = slot * STRIDE + row;
  return vec4f(scores[at], scores[at + STRIDE], scores[at + 2 * STRIDE], scores[at + 3 * STRIDE]);
}

@compute @workgroup_size(64)
fn prefill_attention(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let head = group.x;
  let first_row = group.y * TILE;
  let tile_rows = min(TILE, params.rows - first_row);
  let end = slots_end(first_row + tile_rows - 1);

  // Softmax: four invocations share a row, sixteen slots each.
  let row = t / 4;
  let first_of_quarter = t % 4 * 16;
  var peak = NOTHING;
  var total = 0.0;
  // Values: an invocation owns one pair of features of every `teams`-th four rows.
  let pairs = head_size / 2;
  let teams = 64 / pairs;
  let pair = t % pairs;
  let team = t / pairs;
  let first_four = select(4u, team, team < teams);
  for (var four = first_four; four < 4; four += teams) {
    lows[four * 64 + pair] = vec4f();
    highs[four * 64 + pair] = vec4f();
  }

  for (var first_slot = 0u; first_slot < end; first_slot += CHUNK) {
    score(t, first_slot + t, end, first_row, head);
    workgroupBarrier();

    var fours_peak = vec4f(NOTHING);
    for (var i = 0u; i < rolled(16); i += 4) { fours_peak = max(fours_peak, four_scores(first_of_quarter + i, row)); }
    peaks[t] = max(max(fours_peak.x, fours_peak.y), max(fours_peak.z, fours_peak.w));
    workgroupBarrier();
    let old_peak = peak;
    peak = max(max(peaks[row * 4], peaks[row * 4 + 1]), max(peaks[row * 4 + 2], peaks[row * 4 + 3]));
    peak = max(peak, old_peak);
    let shrink_of_row = exp(old_peak - peak);
    total *= shrink_of_row;
    if (t % 4 == 0) { shrinks[row] = shrink_of_row; }
    for (var i = 0u; i < rolled(16); i += 4) {
      let four = four_scores(first_of_quarter + i, row);
      let weights = select(vec4f(), exp(four - peak), four != vec4f(NOTHING));
      let at = (first_of_quarter + i) * STRIDE + row;
      scores[at] = weights.x;
      scores[at + STRIDE] = weights.y;
      scores[at + 2 * STRIDE] = weights.z;
      scores[at + 3 * STRIDE] = weights.w;
      total += dot(weights, vec4f(1));
    }
    workgroupBarrier();

    let slots = min(CHUNK, end - first_slot);
    for (var four = first_four; four < 4; four += teams) {
      let r = four * 4;
      let shrink = vec4f(shrinks[r], shrinks[r + 1], shrinks[r + 2], shrinks[r + 3]);
      var low = lows[four * 64 + pair] * shrink;
      var high = highs[four * 64 + pair] * shrink;
      for (var s = 0u; s < slots; s++) {
        let value = value_pair(first_pair(first_slot + s, head) + pair);
        let at = s * STRIDE + r;
        let share = vec4f(scores[at], scores[at + 1], scores[at + 2], scores[at + 3]);
        low += share * value.x;
        high += share * value.y;
      }
      lows[four * 64 + pair] = low;
      highs[four * 64 + pair] = high;
    }
    workgroupBarrier();
  }

  totals[t] = total;
  workgroupBarrier();
  for (var four = first_four; four < 4; four += teams) {
    let low = lows[four * 64 + pair];
    let high = highs[four * 64 + pair];
    for (var r = 0u; r < min(4, tile_rows - min(tile_rows, four * 4)); r++) {
      let i = (four * 4 + r) * 4;
      let sum = totals[i] + totals[i + 1] + totals[i + 2] + totals[i + 3];
      let low_feature = ((first_row + four * 4 + r) * heads + head) * head_size + pair;
      out[low_feature] = low[r] / sum;
      out[low_feature + pairs] = high[r] / sum;
    }
  }
}
