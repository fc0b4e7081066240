// Draws one id from each row of logits, the mask's logit counted as −∞: arg-max at temperature 0 (the
// lowest id wins a tie), otherwise the nucleus of softmax(logits / temperature) and the inverse of its
// cumulative distribution in id order. Nothing is sorted: the nucleus is found as a threshold.
// Tells of each row the entropy of softmax(logits), the mask left out, whatever temperature and nucleus are.
//
// @binding(0) Pass uniform
// @binding(1) logits [count, vocab] f32
// @binding(2) picks  [count] u32: row of the block, so that position + picks[i] is the absolute position
// @binding(3) drawn  [count] (id, its probability: softmax at temperature 1, entropy in nats), written;
//             probability and entropy are −1 where a logit is not finite
// Dispatch: count workgroups of `threads`, one a row; a multiple of 16.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

struct Drawn {
  id: u32, probability: f32, entropy: f32,
}

// Of invocations: sums are first those of a group, then those of all.
const GROUPS = 16u;
const TOKEN_STREAM = 0u;
// As the key of a logit: larger than that of any number.
const NO_ID = 0xffffffffu;
const NOT_FINITE = 0xffffffffu;

override vocab: u32;
override mask_id: u32;
override threads: u32;

override per_group: u32 = threads / GROUPS;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> picks: array<u32>;
@group(0) @binding(3) var<storage, read_write> drawn: array<Drawn>;

var<workgroup> parts: array<vec4f, threads>;
var<workgroup> groups: array<vec4f, GROUPS>;
var<workgroup> tops: array<vec2u, threads>;
var<workgroup> group_tops: array<vec2u, GROUPS>;

// The same number as `uniform` of src/backends/random.ts: pcg4d of Jarzynski and Olano (2020).
fn uniform_number(seed: u32, stream: u32, pass_number: u32, position: u32) -> f32 {
  var v = vec4u(seed, stream, pass_number, position) * 1664525u + 1013904223u;
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  v ^= v >> vec4u(16);
  v.x += v.y * v.w;
  return f32(v.x >> 8) * 0x1p-24;
}

// Bits that order as the floats do, so that a threshold can be searched bit by bit. −0 counts as +0.
fn order_key(value: f32) -> u32 {
  var bits = bitcast<u32>(value);
  if (bits == 0x80000000u) { bits = 0; }
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0);
}

// Adds up one vec4f of every invocation, always in the same order.
fn sum_of_all(t: u32, mine: vec4f) -> vec4f {
  parts[t] = mine;
  workgroupBarrier();
  if (t < GROUPS) {
    var sum = vec4f();
    for (var i = 0u; i < per_group; i++) { sum += parts[t * per_group + i]; }
    groups[t] = sum;
  }
  workgroupBarrier();
  var sum = vec4f();
  for (var i = 0u; i < GROUPS; i++) { sum += groups[i]; }
  return sum;
}

// Of two (key, id) the greater key, or the lower id.
fn higher(a: vec2u, b: vec2u) -> vec2u {
  return select(a, b, b.x > a.x || (b.x == a.x && b.y < a.y));
}

// The (key, id) of the greatest logit and the lowest id that has it; key NOT_FINITE where one is not finite.
fn top_of_row(t: u32, row: u32) -> vec2u {
  var best = vec2u(0, NO_ID);
  for (var id = t; id < vocab; id += threads) {
    let logit = logits[row + id];
    let bits = bitcast<u32>(logit);
    let is_finite = (bits & 0x7f800000u) != 0x7f800000u;
    let key = select(NOT_FINITE, order_key(logit), is_finite);
    if (id != mask_id && (key > best.x || best.y == NO_ID)) { best = vec2u(key, id); }
  }
  tops[t] = best;
  workgroupBarrier();
  if (t < GROUPS) {
    for (var i = 0u; i < per_group; i++) { best = higher(best, tops[t * per_group + i]); }
    group_tops[t] = best;
  }
  workgroupBarrier();
  best = group_tops[0];
  for (var i = 1u; i < GROUPS; i++) { best = higher(best, group_tops[i]); }
  return best;
}

// The greatest key whose logits and all above them hold more than `mass`: where the nucleus ends.
fn boundary_key(t: u32, row: u32, peak: f32, mass: f32) -> u32 {
  var base = 0u;
  for (var shift = 32u; shift > 0; shift -= 2) {
    let step = 1u << (shift - 2);
    let thresholds = vec3u(base) + vec3u(1, 2, 3) * step;
    var above = vec3f();
    for (var id = t; id < vocab; id += threads) {
      if (id == mask_id) { continue; }
      let logit = logits[row + id];
      let weight = exp((logit - peak) / params.temperature);
      above += select(vec3f(), vec3f(weight), vec3u(order_key(logit)) >= thresholds);
    }
    let held = sum_of_all(t, vec4f(above, 0)).xyz;
    base += step * dot(vec3u(1), select(vec3u(0), vec3u(1), held > vec3f(mass)));
  }
  return base;
}

// How much of an invocation's own stretch of ids the nucleus keeps: all above the key `boundary` and, of
// those on it, as many as `mass` has room for (but `least`), lowest ids first.
struct Kept {
  on_boundary: u32,
  weight: f32,
}

fn kept_of(t: u32, row: u32, peak: f32, boundary: u32, mass: f32, least: u32) -> Kept {
  var above = 0.0;
  var count = 0u;
  var weight_of_one = 0.0;
  for (var id = t * stretch(); id < min((t + 1) * stretch(), vocab); id++) {
    if (id == mask_id) { continue; }
    let logit = logits[row + id];
    let key = order_key(logit);
    let weight = exp((logit - peak) / params.temperature);
    if (key > boundary) { above += weight; }
    if (key == boundary) { count++; weight_of_one = weight; }
  }
  let sums = sum_of_all(t, vec4f(above, f32(count), f32(count) * weight_of_one, 0));
  let fitting = clamp((mass - sums.x) * sums.y / max(sums.z, 1e-38), 0, sums.y);
  let room = max(least, u32(fitting));
  var earlier = 0.0;
  for (var i = 0u; i < t / per_group; i++) { earlier += groups[i].y; }
  for (var i = t / per_group * per_group; i < t; i++) { earlier += parts[i].y; }
  let before = u32(earlier);
  let on_boundary = min(count, max(room, before) - before);
  return Kept(on_boundary, above + f32(on_boundary) * weight_of_one);
}

// Ids of one invocation when the vocabulary is dealt out in order.
fn stretch() -> u32 {
  return (vocab + threads - 1) / threads;
}

// Whether the number lies in [start, next), where a series of such spans covers [0, total). Rounding can
// lift the number to the total; then the last span that is not empty is meant.
fn holds(start: f32, next: f32, total: f32, number: f32) -> bool {
  return next > start && start <= number && (number < next || next == total);
}

// The invocation whose stretch holds the id at which the cumulative weight first exceeds the random
// number gets that id, every other one `vocab`. Looks for the group first, then within it.
fn draw(t: u32, row: u32, peak: f32, boundary: u32, kept: Kept, random: f32) -> u32 {
  let total = sum_of_all(t, vec4f(kept.weight)).x;
  var start = 0.0;
  for (var i = 0u; i < t / per_group; i++) { start += groups[i].x; }
  let of_group = groups[t / per_group].x;
  let number = random * total;
  if (!holds(start, start + of_group, total, number)) { return vocab; }
  let rest = number - start;
  start = 0.0;
  for (var i = t / per_group * per_group; i < t; i++) { start += parts[i].x; }
  if (!holds(start, start + parts[t].x, of_group, rest)) { return vocab; }

  var cumulative = start;
  var left = kept.on_boundary;
  var chosen = vocab;
  for (var id = t * stretch(); id < min((t + 1) * stretch(), vocab); id++) {
    let logit = logits[row + id];
    let key = order_key(logit);
    let is_tie = key == boundary && left > 0;
    if (id == mask_id || !(key > boundary || is_tie)) { continue; }
    if (is_tie) { left--; }
    let weight = exp((logit - peak) / params.temperature);
    if (weight > 0) { chosen = id; }
    cumulative += weight;
    if (cumulative > rest) { break; }
  }
  return chosen;
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let row = group.x * vocab;
  let top = top_of_row(t, row);
  let peak = logits[row + top.y];
  // All sums at once: the weights at temperature 1 for the probability, those at the asked one for the draw,
  // and the first ones times their distance from the peak for the entropy.
  var mine = vec4f();
  for (var id = t; id < vocab; id += threads) {
    if (id == mask_id) { continue; }
    let below = logits[row + id] - peak;
    let weight = exp(below);
    // Between logits far apart `below` may be −∞, which times a weight of 0 would be NaN.
    mine += vec4f(weight, exp(below / max(params.temperature, 1e-30)), weight * max(below, -1e3), 0);
  }
  let sums = sum_of_all(t, mine);

  var id = select(vocab, top.y, t == 0);
  if (params.temperature > 0) {
    var boundary = 0u;
    let mass = params.top_p * sums.y;
    if (params.top_p < 1) { boundary = boundary_key(t, row, peak, mass); }
    let least = select(0u, 1u, boundary == top.x);
    let kept = kept_of(t, row, peak, boundary, mass, least);
    let position = params.position + picks[group.x];
    id = draw(t, row, peak, boundary, kept, uniform_number(params.seed, TOKEN_STREAM, params.pass_number, position));
  }
  if (top.x == NOT_FINITE) {
    if (t == 0) { drawn[group.x] = Drawn(top.y, -1, -1); }
  } else if (id < vocab) {
    // With Z the sum of weights, H = log Z − Σ p · (logit − peak). Neither part is below 0, but log rounds.
    let entropy = max(log(sums.x) - sums.z / sums.x, 0);
    drawn[group.x] = Drawn(id, exp(logits[row + id] - peak) / sums.x, entropy);
  }
}
