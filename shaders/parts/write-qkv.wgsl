// Writes q, k and v: applies rotary position embedding (RoPE, half-split) to q and k, and puts k and v into the KV
// ring. RoPE rotates the pair of features (i, i + headSize/2) of a head by the angle position · base^(−2i/headSize).
// The kernel declares `params` and the bindings
//
// rope_table   [ring, headSize/2] (cos, sin) f32 of the position that a slot holds: computed on the CPU in f64, as
//              the angle grows with the position and GPUs differ in how accurate their sin is
// q            [rows, heads, headSize/2] pairs f32, written
// ring_keys    [ring, kvHeads, headSize/2] pairs, f16 if cache_f16 and else f32; written at slot
//              (position + row) mod ring
// ring_values  the same

override heads: u32;
override kv_heads: u32;
// Even.
override head_size: u32;
override cache_f16: bool;
override half: u32 = head_size / 2;
// Pairs of all heads of q, then k, then v.
override q_pairs: u32 = heads * half;
override kv_pairs: u32 = kv_heads * half;
override all_pairs: u32 = q_pairs + 2 * kv_pairs;

fn store_key(at: u32, pair: vec2f) {
  if (cache_f16) {
    ring_keys[at] = pack2x16float(pair);
  } else {
    ring_keys[at * 2] = bitcast<u32>(pair.x);
    ring_keys[at * 2 + 1] = bitcast<u32>(pair.y);
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

// Writes one of `all_pairs` of a row, rotated if it is of q or k.
fn write_pair(row: u32, pair: u32, low: f32, high: f32) {
  let slot = (params.position + row) % params.ring;
  let rope = rope_table[slot * half + pair % half];
  let rotated = vec2f(low * rope.x - high * rope.y, high * rope.x + low * rope.y);
  if (pair < q_pairs) {
    q[row * q_pairs + pair] = rotated;
  } else if (pair < q_pairs + kv_pairs) {
    store_key(slot * kv_pairs + pair - q_pairs, rotated);
  } else {
    store_value(slot * kv_pairs + pair - q_pairs - kv_pairs, vec2f(low, high));
  }
}
