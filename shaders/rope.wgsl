// Rotary position embedding, half-split: the pair (i, i + headSize/2) of each head turns by the angle
// position · base^(−2i/headSize). Queries go to the attention kernel, keys and values to the KV ring.
//
// @binding(0) Pass uniform
// @binding(1) qkv    [rows, 3, heads, headSize] f32
// @binding(2) turns  [ring, headSize/2] (cos, sin) pairs of the position that a slot holds, f32: computed on
//                    the CPU in f64, as the angle grows with the position and GPUs differ in how far sin is right
// @binding(3) q      [rows, heads, headSize/2] pairs f32, written
// @binding(4) keys   [ring, heads, headSize/2] pairs, f16 if cache_f16 and else f32; written at slot
//                    (position + row) mod ring
// @binding(5) values the same
// Dispatch: ⌈heads · headSize/2 / 64⌉ × rows workgroups; one invocation turns one pair of q and of k.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

override heads: u32;
override head_size: u32;
override cache_f16: bool;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> qkv: array<f32>;
@group(0) @binding(2) var<storage, read> turns: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> q: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;
@group(0) @binding(5) var<storage, read_write> values: array<u32>;

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
    values[at] = pack2x16float(pair);
  } else {
    values[at * 2] = bitcast<u32>(pair.x);
    values[at * 2 + 1] = bitcast<u32>(pair.y);
  }
}

fn turned(low: f32, high: f32, turn: vec2f) -> vec2f {
  return vec2f(low * turn.x - high * turn.y, high * turn.x + low * turn.y);
}

@compute @workgroup_size(64)
fn rope(@builtin(global_invocation_id) id: vec3u) {
  let half = head_size / 2;
  let hidden = heads * head_size;
  let row = id.y;
  if (id.x >= heads * half || row >= params.rows) { return; }
  let pair = id.x % half;
  let low = id.x / half * head_size + pair;
  let high = low + half;
  let slot = (params.position + row) % params.ring;
  let turn = turns[slot * half + pair];

  let from_q = row * 3 * hidden;
  let from_k = from_q + hidden;
  let from_v = from_k + hidden;
  let pairs = heads * half;
  q[row * pairs + id.x] = turned(qkv[from_q + low], qkv[from_q + high], turn);
  store_key(slot * pairs + id.x, turned(qkv[from_k + low], qkv[from_k + high], turn));
  store_value(slot * pairs + id.x, vec2f(qkv[from_v + low], qkv[from_v + high]));
}
