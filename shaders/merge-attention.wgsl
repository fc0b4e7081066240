// Puts the unfinished softmaxes of `block-attention` together, one per chunk of ring slots.
//
// Parts: pass, params, visible-slots.
//
// @binding(0) Pass uniform
// @binding(1) sums    [chunks, rows, heads, headSize] f32
// @binding(2) weights [chunks, rows, heads] (peak, Σ exp(score − peak))
// @binding(3) out     [rows, heads, headSize] f32, written
// Dispatch: ⌈heads · headSize / 64⌉ × rows workgroups; one invocation makes one number.

override heads: u32;
override head_size: u32;
override chunk: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn merge_attention(@builtin(global_invocation_id) id: vec3u) {
  let hidden = heads * head_size;
  let row = id.y;
  if (id.x >= hidden || row >= params.rows) { return; }
  let head = id.x / head_size;
  // Of these chunks `block-attention` wrote every one, for all rows of its tile.
  let chunks = (slots_end(row) + chunk - 1) / chunk;

  var peak = weights[row * heads + head].x;
  for (var i = 1u; i < chunks; i++) {
    peak = max(peak, weights[(i * params.rows + row) * heads + head].x);
  }
  var total = 0.0;
  var sum = 0.0;
  for (var i = 0u; i < chunks; i++) {
    let at = i * params.rows + row;
    let weight = weights[at * heads + head];
    let scale = exp(weight.x - peak);
    total += scale * weight.y;
    sum += scale * sums[at * hidden + id.x];
  }
  out[row * hidden + id.x] = sum / total;
}
