// Attention of a few rows (a block) over the KV ring. A workgroup takes one KV head, up to 16 queries of it and one
// chunk of ring slots, whose keys and values it reads once for all of them. Query heads that share a KV head are
// queries of the same row: query i of a KV head is that of row ⌊i / group⌋ and head kvHead · group + i mod group, with
// group = heads / kvHeads. A ring of one chunk is done with that; a longer one is split, so that it fills the GPU, into
// unfinished softmaxes that `merge-attention` puts together.
//
// Parts: pass, params, visible-slots, read-ring.
//
// @binding(0) Pass uniform
// @binding(1) q           [rows, heads, headSize/2] pairs f32, after RoPE: features i and i + headSize/2 are a pair
// @binding(2) ring_keys and
// @binding(3) ring_values see parts/read-ring.wgsl
// @binding(4) scores      [⌈rows · group / 16⌉, kvHeads, chunks, chunk, 16] f32, for its own use: scores of the queries of a
//                         tile, then exp(score − peak). Not workgroup memory, which software adapters are slow to clear
// @binding(5) sums        [chunks, rows, heads, headSize] f32, written: Σ exp(score − peak) · value; of one chunk
//                         divided by Σ exp(score − peak), which is the attention
// @binding(6) weights     [chunks, rows, heads] (peak, Σ exp(score − peak)), written
// Dispatch: chunks × kvHeads × ⌈rows · group / 16⌉ workgroups of `threads`, at least 4; chunks = ⌈capacity of the ring /
// chunk⌉. Chunks past the slots that the tile sees return at once and write nothing. headSize is even.

const TILE = 16u;
// Below every score: WGSL has no infinity to rely on.
const NOTHING = -3.0e38;

override heads: u32;
override kv_heads: u32;
override head_size: u32;
override chunk: u32;
override chunks: u32;
override threads: u32;

override group: u32 = heads / kv_heads;
override pairs: u32 = head_size / 2;
override kv_row_pairs: u32 = kv_heads * pairs;
override half_pairs: u32 = (pairs + 1) / 2;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> q: array<vec2f>;
@group(0) @binding(2) var<storage, read> ring_keys: array<u32>;
@group(0) @binding(3) var<storage, read> ring_values: array<u32>;
@group(0) @binding(4) var<storage, read_write> scores: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(6) var<storage, read_write> weights: array<vec2f>;

// [invocation]: peaks of its four queries, over the slots that it scored.
var<workgroup> peaks: array<vec4f, threads>;

// Index in [rows, heads] of queries of a KV head.
fn row_heads(kv_head: u32, queries: vec4u) -> vec4u {
  return queries / group * heads + kv_head * group + queries % group;
}

// Dot products of four keys with four queries, each given by its first pair: [key][query].
fn dot_products(keys_at: vec4u, queries_at: vec4u) -> mat4x4f {
  var dots = mat4x4f();
  for (var i = 0u; i < pairs; i++) {
    let a = q[queries_at.x + i];
    let b = q[queries_at.y + i];
    let c = q[queries_at.z + i];
    let d = q[queries_at.w + i];
    let lows = vec4f(a.x, b.x, c.x, d.x);
    let highs = vec4f(a.y, b.y, c.y, d.y);
    let k = key_pair(keys_at.x + i);
    let l = key_pair(keys_at.y + i);
    let m = key_pair(keys_at.z + i);
    let n = key_pair(keys_at.w + i);
    dots += mat4x4f(lows * k.x + highs * k.y, lows * l.x + highs * l.y,
                    lows * m.x + highs * m.y, lows * n.x + highs * n.y);
  }
  return dots;
}

@compute @workgroup_size(threads)
fn block_attention(@builtin(workgroup_id) place: vec3u, @builtin(local_invocation_index) t: u32) {
  let first_slot = place.x * chunk;
  let kv_head = place.y;
  let first_query = place.z * TILE;
  let all_queries = params.rows * group;
  if (first_query >= all_queries) { return; }
  let tile_queries = min(TILE, all_queries - first_query);
  let end = min(slots_end((first_query + tile_queries - 1) / group), first_slot + chunk);
  if (first_slot >= end) { return; }
  let slots = end - first_slot;
  let own_scores = ((place.z * kv_heads + kv_head) * chunks + place.x) * chunk * (TILE / 4);

  // An invocation owns four queries, and shares out the slots with the others that own them: four slots at a time.
  let fours = (tile_queries + 3) / 4;
  let teams = threads / fours;
  let owners = teams * fours;
  let four = t % fours;
  let queries = first_query + four * 4 + vec4u(0, 1, 2, 3);
  let rows = queries / group;
  let start = select(slots, t / fours * 4, t < owners);

  let queries_at = row_heads(kv_head, min(queries, vec4u(all_queries - 1))) * pairs;
  let scale = 1.0 / sqrt(f32(head_size));
  var peak = vec4f(NOTHING);
  for (var s = start; s < slots; s += teams * 4) {
    let at = first_slot + min(s + vec4u(0, 1, 2, 3), vec4u(slots - 1));
    let dots = dot_products(at * kv_row_pairs + kv_head * pairs, queries_at);
    for (var i = 0u; i < min(4, slots - s); i++) {
      let score = select(vec4f(NOTHING), dots[i] * scale, sees(rows, first_slot + s + i));
      scores[own_scores + (s + i) * (TILE / 4) + four] = score;
      peak = max(peak, score);
    }
  }
  peaks[t] = peak;
  workgroupBarrier();

  for (var i = four; i < owners; i += fours) { peak = max(peak, peaks[i]); }
  for (var s = start; s < slots; s += teams * 4) {
    for (var slot = s; slot < min(s + 4, slots); slot++) {
      let at = own_scores + slot * (TILE / 4) + four;
      let score = scores[at];
      scores[at] = select(vec4f(), exp(score - peak), score != vec4f(NOTHING));
    }
  }
  storageBarrier();
  workgroupBarrier();

  // Values: two pairs of features of four queries. Every sum is over the slots in order, and a hidden slot adds
  // exactly 0, so that a row comes out the same to the last bit whichever rows it shares a pass with.
  for (var unit = t; unit < half_pairs * fours; unit += threads) {
    let pair = unit % half_pairs;
    let has_right = pair + half_pairs < pairs;
    let left = kv_head * pairs + pair;
    let right = select(left, left + half_pairs, has_right);
    let unit_four = unit / half_pairs;
    // [feature][query]
    var features = mat4x4f();
    var total = vec4f();
    for (var slot = 0u; slot < slots; slot++) {
      let a = value_pair((first_slot + slot) * kv_row_pairs + left);
      let b = value_pair((first_slot + slot) * kv_row_pairs + right);
      let share = scores[own_scores + slot * (TILE / 4) + unit_four];
      features += mat4x4f(share * a.x, share * a.y, share * b.x, share * b.y);
      total += share;
    }
    var peak_of_all = vec4f(NOTHING);
    for (var i = unit_four; i < owners; i += fours) { peak_of_all = max(peak_of_all, peaks[i]); }
    let to = row_heads(kv_head, first_query + unit_four * 4 + vec4u(0, 1, 2, 3));
    for (var r = 0u; r < min(4, tile_queries - unit_four * 4); r++) {
      let row_head = place.x * params.rows * heads + to[r];
      let divisor = select(1, total[r], chunks == 1);
      let low = row_head * head_size + pair;
      sums[low] = features[0][r] / divisor;
      sums[low + pairs] = features[1][r] / divisor;
      if (has_right) {
        sums[low + half_pairs] = features[2][r] / divisor;
        sums[low + half_pairs + pairs] = features[3][r] / divisor;
      }
      if (pair == 0) { weights[row_head] = vec2f(peak_of_all[r], total[r]); }
    }
  }
}
