// Attention of a few rows (a block) over the KV ring. A workgroup takes one head, up to 16 rows and one chunk of
// ring slots, whose keys and values it reads once for all of them. A ring of one chunk is done with that; a longer
// one is split, so that it fills the GPU, into unfinished softmaxes that `merge-attention` puts together.
//
// Row i sees the slots [0, min(position + (⌊i / blockSize⌋ + 1) · blockSize, ring)).
//
// @binding(0) Pass uniform
// @binding(1) q        [rows, heads, headSize/2] pairs f32, after RoPE: features i and i + headSize/2 are a pair
// @binding(2) keys     [ring, heads, headSize/2] pairs, f16 if cache_f16 and else f32
// @binding(3) values   the same
// @binding(4) scores   [⌈rows / 16⌉, heads, chunks, chunk, 16] f32, for its own use: scores of the rows of a tile,
//                      then exp(score − peak). Not workgroup memory, which software adapters are slow to clear
// @binding(5) sums     [chunks, rows, heads, headSize] f32, written: Σ exp(score − peak) · value; of one chunk
//                      divided by Σ exp(score − peak), which is the attention
// @binding(6) weights  [chunks, rows, heads] (peak, Σ exp(score − peak)), written
// Dispatch: chunks × heads × ⌈rows / 16⌉ workgroups of `threads`, at least 4; chunks = ⌈capacity of the ring / chunk⌉.
// Chunks that no row sees return at once and write nothing. headSize is even.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

const TILE = 16u;
// Below every score: WGSL has no infinity to rely on.
const NOTHING = -3.0e38;

override heads: u32;
override head_size: u32;
override chunk: u32;
override chunks: u32;
override threads: u32;
override cache_f16: bool;

override pairs: u32 = head_size / 2;
override row_pairs: u32 = heads * pairs;
override half_pairs: u32 = (pairs + 1) / 2;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> q: array<vec2f>;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read> values: array<u32>;
@group(0) @binding(4) var<storage, read_write> scores: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(6) var<storage, read_write> weights: array<vec2f>;

// [invocation]: of its four rows, over the slots that it scored.
var<workgroup> peaks: array<vec4f, threads>;

fn visible_slots(rows: vec4u) -> vec4u {
  return min(params.position + (rows / params.block_size + 1) * params.block_size, vec4u(params.ring));
}

// A pair of features, half a head apart, of a key or a value.
fn key_pair(at: u32) -> vec2f {
  if (cache_f16) { return unpack2x16float(keys[at]); }
  return bitcast<vec2f>(vec2u(keys[at * 2], keys[at * 2 + 1]));
}
fn value_pair(at: u32) -> vec2f {
  if (cache_f16) { return unpack2x16float(values[at]); }
  return bitcast<vec2f>(vec2u(values[at * 2], values[at * 2 + 1]));
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
fn block_attention(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let first_slot = group.x * chunk;
  let head = group.y;
  let first_row = group.z * TILE;
  let tile_rows = min(TILE, params.rows - first_row);
  let end = min(visible_slots(vec4u(first_row + tile_rows - 1)).x, first_slot + chunk);
  if (first_slot >= end) { return; }
  let slots = end - first_slot;
  let own_scores = ((group.z * heads + head) * chunks + group.x) * chunk * (TILE / 4);

  // An invocation owns four rows, and shares out the slots with the others that own them: four slots at a time.
  let fours = (tile_rows + 3) / 4;
  let teams = threads / fours;
  let owners = teams * fours;
  let four = t % fours;
  let rows = first_row + four * 4 + vec4u(0, 1, 2, 3);
  let seen = visible_slots(rows);
  let start = select(slots, t / fours * 4, t < owners);

  let queries = min(rows, vec4u(params.rows - 1)) * row_pairs + head * pairs;
  let scale = 1.0 / sqrt(f32(head_size));
  var peak = vec4f(NOTHING);
  for (var s = start; s < slots; s += teams * 4) {
    let at = first_slot + min(s + vec4u(0, 1, 2, 3), vec4u(slots - 1));
    let dots = dot_products(at * row_pairs + head * pairs, queries);
    for (var i = 0u; i < min(4, slots - s); i++) {
      let score = select(vec4f(NOTHING), dots[i] * scale, vec4u(first_slot + s + i) < seen);
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
      scores[at] = select(vec4f(), exp(scores[at] - peak), vec4u(first_slot + slot) < seen);
    }
  }
  storageBarrier();
  workgroupBarrier();

  // Values: two pairs of features of four rows. Every sum is over the slots in order, so that
  // a row comes out the same to the last bit whichever rows it shares a pass with.
  for (var unit = t; unit < half_pairs * fours; unit += threads) {
    let pair = unit % half_pairs;
    let has_right = pair + half_pairs < pairs;
    let left = head * pairs + pair;
    let right = select(left, left + half_pairs, has_right);
    let unit_four = unit / half_pairs;
    // [feature][row]
    var features = mat4x4f();
    var total = vec4f();
    for (var slot = 0u; slot < slots; slot++) {
      let a = value_pair((first_slot + slot) * row_pairs + left);
      let b = value_pair((first_slot + slot) * row_pairs + right);
      let share = scores[own_scores + slot * (TILE / 4) + unit_four];
      features += mat4x4f(share * a.x, share * a.y, share * b.x, share * b.y);
      total += share;
    }
    var peak_of_all = vec4f(NOTHING);
    for (var i = unit_four; i < owners; i += fours) { peak_of_all = max(peak_of_all, peaks[i]); }
    for (var r = 0u; r < min(4, tile_rows - unit_four * 4); r++) {
      let row = group.x * params.rows + first_row + unit_four * 4 + r;
      let divisor = select(1, total[r], chunks == 1);
      let low = (row * heads + head) * head_size + pair;
      sums[low] = features[0][r] / divisor;
      sums[low + pairs] = features[1][r] / divisor;
      if (has_right) {
        sums[low + half_pairs] = features[2][r] / divisor;
        sums[low + half_pairs + pairs] = features[3][r] / divisor;
      }
      if (pair == 0) { weights[row * heads + head] = vec2f(peak_of_all[r], total[r]); }
    }
  }
}
