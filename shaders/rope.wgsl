// The second half of the path from x to q, k and v in two steps: takes the product x · Wᵀ, applies RMS norm to each
// head of q and of k if `head_normed`, then RoPE, and writes q and the KV ring.
//
// Parts: pass, write-qkv.
//
// @binding(0) Pass uniform
// @binding(1) qkv         [rows, heads + 2 · kvHeads, headSize] f32: heads of q, then k, then v
// @binding(2) rope_table,
// @binding(3) q,
// @binding(4) ring_keys and
// @binding(5) ring_values see parts/write-qkv.wgsl
// @binding(6) q_norm      [headSize] f32: the norm's weight for every head of q; read if `head_normed`
// @binding(7) k_norm      [headSize] f32: the same for k
// Dispatch: (heads + 2 · kvHeads) × rows workgroups of `threads`, one a head of a row.

override head_normed: bool;
override head_norm_epsilon: f32;
override threads: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> qkv: array<f32>;
@group(0) @binding(2) var<storage, read> rope_table: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> q: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> ring_keys: array<u32>;
@group(0) @binding(5) var<storage, read_write> ring_values: array<u32>;
@group(0) @binding(6) var<storage, read> q_norm: array<f32>;
@group(0) @binding(7) var<storage, read> k_norm: array<f32>;

// [invocation]: sum of its squares.
var<workgroup> squares: array<f32, threads>;

// 1 / √(mean square + epsilon) of a head that starts at `first`.
fn head_scale(t: u32, first: u32) -> f32 {
  var square = 0.0;
  for (var i = t; i < head_size; i += threads) { square += qkv[first + i] * qkv[first + i]; }
  squares[t] = square;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < threads; i++) { sum += squares[i]; }
  return 1 / sqrt(sum / f32(head_size) + head_norm_epsilon);
}

@compute @workgroup_size(threads)
fn rope(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let head = group.x;
  let row = group.y;
  if (row >= params.rows) { return; }
  let first = (row * (heads + 2 * kv_heads) + head) * head_size;
  let is_normed = head_normed && head < heads + kv_heads;
  var scale = 1.0;
  if (is_normed) { scale = head_scale(t, first); }
  for (var pair = t; pair < half; pair += threads) {
    var numbers = vec2f(qkv[first + pair], qkv[first + pair + half]);
    if (is_normed) {
      var weight = vec2f(q_norm[pair], q_norm[pair + half]);
      if (head >= heads) { weight = vec2f(k_norm[pair], k_norm[pair + half]); }
      numbers *= scale * weight;
    }
    write_pair(row, head * half + pair, numbers.x, numbers.y);
  }
}
