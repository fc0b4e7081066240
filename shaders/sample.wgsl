// Draws one id from each row of logits, the mask's logit counted as −∞: arg-max at temperature 0 (the lowest id wins a
// tie), otherwise the nucleus of softmax(logits / temperature) and the inverse of its cumulative distribution in id
// order. Also writes the entropy of softmax(logits) without the mask, whatever temperature and nucleus are.
//
// Reading the row is the work, so it is read seldom: for the peak, for all sums, for the candidates of the nucleus'
// boundary, and one sixteenth of it for the draw. Nothing is sorted. The boundary is a logit, found by narrowing an
// interval to a sixteenth of itself: first while the sums are taken, then over the list of the logits inside it. Only
// where they do not fit into the list is the row read again, in a narrower interval.
//
// Parts: pass, random.
//
// @binding(0) Pass uniform
// @binding(1) logits     [count, vocab] f32
// @binding(2) picks      [count] u32: row of the block, so that position + picks[i] is the absolute position
// @binding(3) drawn      [count] (id, its probability: softmax at temperature 1, entropy in nats, the likeliest id and
//                        its probability), written; probabilities and entropy are −1 where a logit is not finite
// @binding(4) candidates [count, threads, capacity] f32, for its own use: logits inside the interval
// Dispatch: count workgroups of `threads`, one a row; a multiple of 16.

struct Drawn {
  id: u32, probability: f32, entropy: f32, likeliest: u32, likeliest_probability: f32,
}

// Groups of invocations. A group has a stretch of the vocabulary, whose ids its invocations take in turn.
const GROUPS = 16u;
const TOKEN_STREAM = 0u;
// As the key of a logit: larger than that of any number.
const NO_ID = 0xffffffffu;
const NOT_FINITE = 0xffffffffu;
// Key of the lowest number.
const LOWEST = 0x00800000u;
// Thresholds that split the interval.
const SPLITS = 15u;
// More rounds of narrowing than any row takes: 32 bits of a key, 4 of them a round, the two first and the last one.
const MOST_ROUNDS = 12u;

override vocab: u32;
override mask_id: u32;
override threads: u32;
override capacity: u32;

override per_group: u32 = threads / GROUPS;
override group_stretch: u32 = (vocab + GROUPS - 1) / GROUPS;
// When the stretch of one group is dealt out to all invocations in order.
override small_stretch: u32 = (group_stretch + threads - 1) / threads;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> picks: array<u32>;
@group(0) @binding(3) var<storage, read_write> drawn: array<Drawn>;
@group(0) @binding(4) var<storage, read_write> candidates: array<f32>;

var<workgroup> parts: array<vec4f, threads>;
var<workgroup> groups: array<vec4f, GROUPS>;
var<workgroup> tops: array<vec2u, threads>;
var<workgroup> group_tops: array<vec2u, GROUPS>;
var<workgroup> is_found: u32;

// Bits that order as the floats do. −0 counts as +0.
fn order_key(value: f32) -> u32 {
  var bits = bitcast<u32>(value);
  if (bits == 0x80000000u) { bits = 0; }
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0);
}

fn value_of(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, (key & 0x80000000u) != 0));
}

fn weight_of(logit: f32, peak: f32) -> f32 {
  return exp((logit - peak) / max(params.temperature, 1e-30));
}

// The ids of an invocation: [first_id, end_id), per_group apart.
fn first_id(t: u32) -> u32 {
  return t / per_group * group_stretch + t % per_group;
}

fn end_id(t: u32) -> u32 {
  return min((t / per_group + 1) * group_stretch, vocab);
}

// Adds up one vec4f of every invocation, always in the same order. Leaves the sums of the groups in `groups`.
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
  for (var id = first_id(t); id < end_id(t); id += per_group) {
    let logit = logits[row + id];
    let bits = bitcast<u32>(logit);
    let is_finite = (bits & 0x7f800000u) != 0x7f800000u;
    let key = select(NOT_FINITE, order_key(logit), is_finite);
    if (id != mask_id && (key > best.x || best.y == NO_ID)) { best = vec2u(key, id); }
  }
  tops[t] = best;
  workgroupBarrier();
  if (t < GROUPS) {
    best = vec2u(0, NO_ID);
    for (var i = 0u; i < per_group; i++) { best = higher(best, tops[t * per_group + i]); }
    group_tops[t] = best;
  }
  workgroupBarrier();
  best = group_tops[0];
  for (var i = 1u; i < GROUPS; i++) { best = higher(best, group_tops[i]); }
  return best;
}

// Where the boundary of the nucleus is: the greatest key such that the ids of this key and above weigh more than
// `mass`. It is in [low, high), and the ids from `high` on weigh `above`.
struct Interval {
  low: u32, high: u32, above: f32,
}

// Sixteen keys, of which the last one is no threshold.
alias Keys = array<vec4u, 4>;

// SPLITS thresholds that divide the interval, ascending: keys at even steps, or numbers, as keys are crowded around 0.
struct Split {
  by_number: bool, low: u32, step: u32, low_number: f32, high_number: f32,
}

fn key_of(split: Split, index: u32) -> u32 {
  if (!split.by_number) { return split.low + (index + 1) * split.step; }
  let share = f32(index) / f32(SPLITS);
  return order_key(split.low_number * (1 - share) + split.high_number * share);
}

fn keys_of(split: Split) -> Keys {
  var keys: Keys;
  for (var i = 0u; i < 4; i++) {
    keys[i] = vec4u(key_of(split, 4 * i), key_of(split, 4 * i + 1), key_of(split, 4 * i + 2), key_of(split, 4 * i + 3));
  }
  return keys;
}

// What an id adds to the weight at or above each of the keys.
fn weights_from(keys: Keys, key: u32, weight: f32) -> mat4x4f {
  let all = vec4f(weight);
  let mine = vec4u(key);
  return mat4x4f(select(vec4f(), all, mine >= keys[0]), select(vec4f(), all, mine >= keys[1]),
                 select(vec4f(), all, mine >= keys[2]), select(vec4f(), all, mine >= keys[3]));
}

// Sums over a row, or an invocation's part of it: those of `summands`, and the weights at or above each of the keys. The
// last number of `from_keys` counts invocations whose list is full.
struct Sums {
  all: vec4f, from_keys: mat4x4f,
}

// Adds up the sums of all invocations; `all` only if asked for.
fn sums_of_all(t: u32, mine: Sums, with_all: bool) -> Sums {
  let each = array<vec4f, 5>(mine.from_keys[0], mine.from_keys[1], mine.from_keys[2], mine.from_keys[3], mine.all);
  var sums: array<vec4f, 5>;
  for (var i = 0u; i < select(4u, 5u, with_all); i++) { sums[i] = sum_of_all(t, each[i]); }
  return Sums(sums[4], mat4x4f(sums[0], sums[1], sums[2], sums[3]));
}

// The part of the interval that holds the boundary, given the weights inside it at or above each of the keys.
fn narrowed(interval: Interval, split: Split, weights: mat4x4f, mass: f32) -> Interval {
  var narrow = interval;
  for (var i = 0u; i < SPLITS; i++) {
    let key = key_of(split, i);
    let held = interval.above + weights[i / 4][i % 4];
    if (held > mass) {
      narrow.low = max(narrow.low, key);
    } else if (key < narrow.high) {
      narrow.high = key;
      narrow.above = held;
    }
  }
  return narrow;
}

// What an id adds to the sums of its row: its weight at temperature 1 for the probability, that at the asked one for
// the draw, and the first one times its distance from the peak for the entropy.
fn summands(logit: f32, peak: f32) -> vec4f {
  let below = logit - peak;
  let plain = exp(below);
  // Between logits far apart `below` may be −∞, which times a weight of 0 would be NaN.
  return vec4f(plain, weight_of(logit, peak), plain * max(below, -1e3), 0);
}

// The sums over an invocation's ids.
fn own_sums(t: u32, row: u32, peak: f32) -> vec4f {
  var sums = vec4f();
  for (var id = first_id(t); id < end_id(t); id += per_group) {
    if (id != mask_id) { sums += summands(logits[row + id], peak); }
  }
  return sums;
}

// What an invocation's ids above the interval weigh, and how many are inside it.
struct Own {
  above: f32, inside: u32,
}

// Notes one logit: inside the interval it goes into the list, which has this room, and adds to the weights at or above
// each of the keys.
fn take(logit: f32, list: u32, room: u32, peak: f32, interval: Interval, keys: Keys,
        own: ptr<function, Own>, weights: ptr<function, mat4x4f>) {
  let key = order_key(logit);
  if (key < interval.low) { return; }
  let weight = weight_of(logit, peak);
  if (key >= interval.high) {
    (*own).above += weight;
    return;
  }
  if ((*own).inside < room) { candidates[list + (*own).inside] = logit; }
  (*own).inside++;
  *weights += weights_from(keys, key, weight);
}

struct Nucleus {
  // All ids whose key is above the boundary are in the nucleus, and some of those on it.
  boundary: u32,
  // What it may weigh.
  mass: f32,
  // What an invocation's ids above the boundary weigh, and how many are on it.
  above: f32, ties: u32,
  // Those of the row.
  sums: vec4f,
}

// Finds the nucleus by narrowing an interval down to its boundary.
fn nucleus_of(t: u32, row: u32, list: u32, top: u32, peak: f32) -> Nucleus {
  // What the nucleus leaves out weighs (1 − top_p) · total or more, so one of those ids, and with it every kept id,
  // weighs at least its even share; total is at least 1, the weight of the peak. The 2 is for rounding.
  let depth = log(2 * f32(vocab) / (1 - params.top_p)) * params.temperature;
  var interval = Interval(LOWEST, top + 1, 0);
  var own: Own;
  var is_listed = false;
  var nucleus: Nucleus;
  for (var round = 0u; round < MOST_ROUNDS; round++) {
    let is_single = interval.high - interval.low <= 1;
    let low_number = select(value_of(interval.low), max(peak - depth, -3.4e38), round == 0);
    let step = (interval.high - interval.low + SPLITS) / (SPLITS + 1);
    let split = Split(round < 2, interval.low, step, low_number, value_of(interval.high - 1));
    let keys = keys_of(split);
    // In the first round the interval holds the whole row.
    let room = select(capacity, 0, round == 0);
    var all = vec4f();
    var from_keys = mat4x4f();
    if (is_listed) {
      let listed = own.inside;
      own.inside = 0;
      for (var i = 0u; i < listed; i++) {
        take(candidates[list + i], list, room, peak, interval, keys, &own, &from_keys);
      }
    } else {
      own = Own(0, 0);
      for (var id = first_id(t); id < end_id(t); id += per_group) {
        if (id == mask_id) { continue; }
        let logit = logits[row + id];
        all += summands(logit, peak);
        take(logit, list, room, peak, interval, keys, &own, &from_keys);
      }
    }
    // All invocations agree, but the compiler cannot know.
    if (t == 0) { is_found = select(0u, 1u, is_single); }
    if (workgroupUniformLoad(&is_found) == 1) { break; }

    from_keys[3][3] = select(0.0, 1.0, own.inside > room);
    let sums = sums_of_all(t, Sums(all, from_keys), round == 0);
    if (round == 0) {
      nucleus.sums = sums.all;
      nucleus.mass = params.top_p * sums.all.y;
    }
    is_listed = sums.from_keys[3][3] == 0;
    interval = narrowed(interval, split, sums.from_keys, nucleus.mass);
  }
  nucleus.boundary = interval.low;
  nucleus.above = own.above;
  nucleus.ties = own.inside;
  return nucleus;
}

// Without a nucleus: all ids are kept.
fn whole_row(t: u32, row: u32, peak: f32) -> Nucleus {
  let own = own_sums(t, row, peak);
  let sums = sum_of_all(t, own);
  return Nucleus(0, sums.y, own.y, 0, sums);
}

// Whether the number lies in [start, next), where a series of such spans covers [0, total). Rounding can lift the
// number to the total; then the last span that is not empty is meant.
fn holds(start: f32, next: f32, total: f32, number: f32) -> bool {
  return next > start && start <= number && (number < next || next == total);
}

// How many of `ties` are among the first `room`, where `earlier` come before them.
fn kept_ties(ties: f32, earlier: f32, room: f32) -> f32 {
  return min(ties, max(room - earlier, 0));
}

// A place in the cumulative distribution: a number between 0 and the weight of a group, and how many of the group's
// ties the nucleus keeps, lowest ids first.
struct Place {
  group: u32, number: f32, ties: f32,
}

// Where the random number falls. All of a group's ids above the boundary are kept, and of those on it as many as the
// mass has room for, but `least`.
fn place_of(t: u32, own: Nucleus, tie_weight: f32, least: f32, random: f32) -> Place {
  let sums = sum_of_all(t, vec4f(own.above, f32(own.ties), 0, 0));
  let room = max(least, floor(clamp((own.mass - sums.x) / max(tie_weight, 1e-38), 0, sums.y)));
  var total = 0.0;
  var earlier = 0.0;
  for (var group = 0u; group < GROUPS; group++) {
    total += groups[group].x + kept_ties(groups[group].y, earlier, room) * tie_weight;
    earlier += groups[group].y;
  }
  let number = random * total;
  var start = 0.0;
  earlier = 0;
  for (var group = 0u; group < GROUPS; group++) {
    let ties = kept_ties(groups[group].y, earlier, room);
    let next = start + (groups[group].x + ties * tie_weight);
    if (holds(start, next, total, number)) { return Place(group, number - start, ties); }
    start = next;
    earlier += groups[group].y;
  }
  return Place(0, 0, 0);
}

// The group's stretch is dealt out to all invocations in order. The one whose ids hold the place gets the id at which
// the cumulative weight first exceeds the number, every other one `vocab`.
fn draw(t: u32, row: u32, peak: f32, boundary: u32, tie_weight: f32, place: Place) -> u32 {
  let first = place.group * group_stretch + t * small_stretch;
  let end = min(min(first + small_stretch, (place.group + 1) * group_stretch), vocab);
  var above = 0.0;
  var ties = 0.0;
  for (var id = first; id < end; id++) {
    if (id == mask_id) { continue; }
    let logit = logits[row + id];
    let key = order_key(logit);
    if (key > boundary) { above += weight_of(logit, peak); }
    if (key == boundary) { ties += 1; }
  }
  _ = sum_of_all(t, vec4f(ties));
  let own_group = t / per_group;
  var earlier = 0.0;
  for (var i = 0u; i < own_group; i++) { earlier += groups[i].x; }
  for (var i = own_group * per_group; i < t; i++) { earlier += parts[i].x; }
  let kept = kept_ties(ties, earlier, place.ties);
  // Others may still be reading `parts`.
  workgroupBarrier();
  let total = sum_of_all(t, vec4f(above + kept * tie_weight)).x;

  // The group of invocations that holds the number, then the invocation.
  var start = 0.0;
  for (var i = 0u; i < own_group; i++) { start += groups[i].x; }
  let of_group = groups[own_group].x;
  if (!holds(start, start + of_group, total, place.number)) { return vocab; }
  let rest = place.number - start;
  start = 0.0;
  for (var i = own_group * per_group; i < t; i++) { start += parts[i].x; }
  if (!holds(start, start + parts[t].x, of_group, rest)) { return vocab; }

  var cumulative = start;
  var left = kept;
  var chosen = vocab;
  for (var id = first; id < end; id++) {
    let logit = logits[row + id];
    let key = order_key(logit);
    let is_tie = key == boundary && left > 0;
    if (id == mask_id || !(key > boundary || is_tie)) { continue; }
    if (is_tie) { left -= 1; }
    let weight = weight_of(logit, peak);
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
  let has_nucleus = params.temperature > 0 && params.top_p < 1;
  var nucleus: Nucleus;
  if (has_nucleus) {
    nucleus = nucleus_of(t, row, (group.x * threads + t) * capacity, top.x, peak);
  } else {
    nucleus = whole_row(t, row, peak);
  }
  let sums = nucleus.sums;
  var id = select(vocab, top.y, t == 0);
  if (params.temperature > 0) {
    let position = params.position + picks[group.x];
    let random = f32(uniform_bits(params.seed, TOKEN_STREAM, params.pass_number, position)) * 0x1p-24;
    let tie_weight = weight_of(value_of(max(nucleus.boundary, LOWEST)), peak);
    let least = select(0.0, 1.0, nucleus.boundary == top.x);
    let place = place_of(t, nucleus, tie_weight, least, random);
    id = draw(t, row, peak, nucleus.boundary, tie_weight, place);
  }
  if (top.x == NOT_FINITE) {
    if (t == 0) { drawn[group.x] = Drawn(top.y, -1, -1, top.y, -1); }
  } else if (id < vocab) {
    // With Z the sum of weights, H = log Z − Σ p · (logit − peak). Neither part is below 0, but log rounds.
    let entropy = max(log(sums.x) - sums.z / sums.x, 0);
    drawn[group.x] = Drawn(id, exp(logits[row + id] - peak) / sums.x, entropy, top.y, 1 / sums.x);
  }
}
