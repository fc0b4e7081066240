// Draws one id from each row of logits, the mask's logit counted as −∞: arg-max at temperature 0 (the lowest id wins a
// tie), otherwise the nucleus of softmax(logits / temperature) and the inverse of its cumulative distribution in id
// order. Also writes the entropy of softmax(logits) without the mask, whatever temperature and nucleus are.
//
// Reading the row is the work, so it is read seldom: for the peak, for all sums, for the candidates of the nucleus'
// boundary, and one sixteenth of it for the draw. Nothing is sorted. The boundary is a logit, found by narrowing an
// interval to a sixteenth of itself: first while the sums are taken, then over the list of the logits inside it. Only
// where they do not fit into the list is the row read again, in a narrower interval.
//
// Parts: pass, params, random, drawn.
//
// @binding(0) Pass uniform
// @binding(1) logits     [count, vocab] f32; the presence penalty is taken off in place
// @binding(2) picks      [count] u32: row of the block, so that position + picks[i] is the absolute position
// @binding(3) drawn      [count] (id, its probability: softmax at temperature 1, entropy in nats, the likeliest id and
//                        its probability, the likeliest id after that), written; probabilities and entropy are −1
//                        where a logit is not finite
// @binding(4) candidates [count, threads, capacity] f32, for its own use: logits inside the interval
// @binding(5) written    [vocab / 32] u32, a bit for each id that was written before the pass
// @binding(6) ids        [rows] u32: what the layers read. In a tree, rows after the first pick were written
// Dispatch: rows workgroups of `threads`, a multiple of 16; those past the rows of the pass return at once.

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
override presence_penalty: f32;
override threads: u32;
override capacity: u32;

override per_group: u32 = threads / GROUPS;
override group_stretch: u32 = (vocab + GROUPS - 1) / GROUPS;
// When the stretch of one group is dealt out to all invocations in order.
override small_stretch: u32 = (group_stretch + threads - 1) / threads;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;
@group(0) @binding(2) var<storage, read> picks: array<u32>;
@group(0) @binding(3) var<storage, read_write> drawn: array<Drawn>;
@group(0) @binding(4) var<storage, read_write> candidates: array<f32>;
@group(0) @binding(5) var<storage, read> written: array<u32>;
@group(0) @binding(6) var<storage, read> ids: array<u32>;

var<workgroup> parts: array<vec4f, threads>;
var<workgroup> groups: array<vec4f, GROUPS>;
var<workgroup> whole: vec4f;
var<workgroup> tops: array<Top, threads>;
var<workgroup> group_tops: array<Top, GROUPS>;
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
    for (var i = 0u; i < rolled(per_group); i++) { sum += parts[t * per_group + i]; }
    groups[t] = sum;
  }
  workgroupBarrier();
  if (t == 0) {
    var sum = vec4f();
    for (var i = 0u; i < rolled(GROUPS); i++) { sum += groups[i]; }
    whole = sum;
  }
  workgroupBarrier();
  return whole;
}

// The greatest logit of some ids and the next one, as (key, id); of equal ones the lower id comes first.
struct Top {
  first: vec2u, second: vec2u,
}

const NO_TOP = Top(vec2u(0, NO_ID), vec2u(0, NO_ID));

fn precedes(a: vec2u, b: vec2u) -> bool {
  return a.x > b.x || (a.x == b.x && a.y < b.y);
}

// The top of both.
fn merged(a: Top, b: Top) -> Top {
  let leads = precedes(a.first, b.first);
  let first = select(b.first, a.first, leads);
  let other = select(a.first, b.first, leads);
  let second = select(b.second, a.second, leads);
  return Top(first, select(second, other, precedes(other, second)));
}

// The top of a row; key NOT_FINITE where a logit is not finite.
fn top_of_row(t: u32, row: u32) -> Top {
  var best = NO_TOP;
  for (var id = first_id(t); id < end_id(t); id += per_group) {
    let logit = logits[row + id];
    let bits = bitcast<u32>(logit);
    let is_finite = (bits & 0x7f800000u) != 0x7f800000u;
    let key = select(NOT_FINITE, order_key(logit), is_finite);
    if (id != mask_id) { best = merged(best, Top(vec2u(key, id), NO_TOP.second)); }
  }
  tops[t] = best;
  workgroupBarrier();
  if (t < GROUPS) {
    best = NO_TOP;
    for (var i = 0u; i < rolled(per_group); i++) { best = merged(best, tops[t * per_group + i]); }
    group_tops[t] = best;
  }
  workgroupBarrier();
  best = group_tops[0];
  for (var i = 1u; i < rolled(GROUPS); i++) { best = merged(best, group_tops[i]); }
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
  for (var i = 0u; i < rolled(4); i++) {
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

// Adds up the sums of all invocations: those from `first` on and before `end`, of the weights from the keys (0 to 3) and
// `all` (4). The others are 0.
fn sums_of_all(t: u32, mine: Sums, first: u32, end: u32) -> Sums {
  let each = array<vec4f, 5>(mine.from_keys[0], mine.from_keys[1], mine.from_keys[2], mine.from_keys[3], mine.all);
  var sums: array<vec4f, 5>;
  for (var i = first; i < rolled(end); i++) { sums[i] = sum_of_all(t, each[i]); }
  return Sums(sums[4], mat4x4f(sums[0], sums[1], sums[2], sums[3]));
}

// The part of the interval that holds the boundary, given the weights inside it at or above each of the keys.
fn narrowed(interval: Interval, split: Split, weights: mat4x4f, mass: f32) -> Interval {
  var narrow = interval;
  for (var i = 0u; i < rolled(SPLITS); i++) {
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

// What an invocation's ids above the interval weigh, and how many are inside it.
struct Own {
  above: f32, inside: u32,
}

// Notes one logit of this weight: inside the interval it goes into the list, which has this room, and adds to the weights
// at or above each of the keys.
fn take(logit: f32, weight: f32, list: u32, room: u32, interval: Interval, keys: Keys,
        own: ptr<function, Own>, weights: ptr<function, mat4x4f>) {
  let key = order_key(logit);
  if (key >= interval.high) {
    (*own).above += weight;
  } else if (key >= interval.low) {
    if ((*own).inside < room) { candidates[list + (*own).inside] = logit; }
    (*own).inside++;
    *weights += weights_from(keys, key, weight);
  }
}

struct Nucleus {
  // All ids whose key is above the boundary are in the nucleus, and some of those on it.
  boundary: u32,
  // What it may weigh.
  mass: f32,
  // `summands` of the row.
  sums: vec4f,
  // What the row's ids above the boundary weigh, and how many are on it. Those of groups are in `groups`, as y and w.
  above: f32, ties: f32,
}

// Finds the nucleus by narrowing an interval down to its boundary. Without a nucleus all ids are above it, and one round
// does.
fn nucleus_of(t: u32, row: u32, list: u32, top: u32, peak: f32, has_nucleus: bool) -> Nucleus {
  // What the nucleus leaves out weighs (1 − top_p) · total or more, so one of those ids, and with it every kept id,
  // weighs at least its even share; total is at least 1, the weight of the peak. The 2 is for rounding.
  let depth = log(2 * f32(vocab) / max(1 - params.top_p, 1e-30)) * params.temperature;
  var interval = Interval(0, 0, 0);
  if (has_nucleus) { interval = Interval(LOWEST, top + 1, 0); }
  var own: Own;
  var is_listed = false;
  var nucleus: Nucleus;
  for (var round = 0u; round < select(1, MOST_ROUNDS, has_nucleus); round++) {
    var is_last = true;
    if (has_nucleus) {
      // All invocations agree, but the compiler cannot know.
      if (t == 0) { is_found = select(0u, 1u, round > 0 && interval.high - interval.low <= 1); }
      is_last = workgroupUniformLoad(&is_found) == 1;
    }
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
        let logit = candidates[list + i];
        take(logit, weight_of(logit, peak), list, room, interval, keys, &own, &from_keys);
      }
    } else {
      own = Own(0, 0);
      for (var id = first_id(t); id < end_id(t); id += per_group) {
        if (id != mask_id) {
          let logit = logits[row + id];
          let sums = summands(logit, peak);
          all += sums;
          take(logit, sums.y, list, room, interval, keys, &own, &from_keys);
        }
      }
    }
    if (round > 0) { all = vec4f(0, own.above, 0, f32(own.inside)); }

    // The one place where sums are formed: compilers take a second over each.
    from_keys[3][3] = select(0.0, 1.0, own.inside > room);
    let sums = sums_of_all(t, Sums(all, from_keys), select(0u, 4u, is_last), select(4u, 5u, is_last || round == 0));
    if (round == 0) {
      nucleus.sums = sums.all;
      nucleus.mass = select(1, params.top_p, has_nucleus) * sums.all.y;
    }
    nucleus.above = sums.all.y;
    nucleus.ties = sums.all.w;
    if (is_last) { break; }
    is_listed = sums.from_keys[3][3] == 0;
    interval = narrowed(interval, split, sums.from_keys, nucleus.mass);
  }
  nucleus.boundary = interval.low;
  return nucleus;
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
fn place_of(nucleus: Nucleus, tie_weight: f32, least: f32, random: f32) -> Place {
  let fitting = (nucleus.mass - nucleus.above) / max(tie_weight, 1e-38);
  let room = max(least, floor(clamp(fitting, 0, nucleus.ties)));
  var total = 0.0;
  var earlier = 0.0;
  for (var group = 0u; group < rolled(GROUPS); group++) {
    total += groups[group].y + kept_ties(groups[group].w, earlier, room) * tie_weight;
    earlier += groups[group].w;
  }
  let number = random * total;
  var place: Place;
  var is_found = false;
  var start = 0.0;
  earlier = 0;
  // No way out of the loop but its end, nor out of a function: compilers take long over what follows those.
  for (var group = 0u; group < rolled(GROUPS); group++) {
    let ties = kept_ties(groups[group].w, earlier, room);
    let next = start + (groups[group].y + ties * tie_weight);
    if (!is_found && holds(start, next, total, number)) {
      place = Place(group, number - start, ties);
      is_found = true;
    }
    start = next;
    earlier += groups[group].w;
  }
  return place;
}

// What ids weigh of which there are (weight above the boundary, ties), where others come before them.
fn kept_weight(before: vec2f, ids: vec2f, room: f32, tie_weight: f32) -> f32 {
  return ids.x + kept_ties(ids.y, before.y, room) * tie_weight;
}

// The group's stretch is dealt out to all invocations in order. The one whose ids hold the place gets the id at which
// the cumulative weight first exceeds the number, every other one `vocab`.
fn draw(t: u32, row: u32, peak: f32, boundary: u32, tie_weight: f32, place: Place) -> u32 {
  let first = place.group * group_stretch + t * small_stretch;
  let end = min(min(first + small_stretch, (place.group + 1) * group_stretch), vocab);
  var above = 0.0;
  var ties = 0.0;
  for (var id = first; id < end; id++) {
    let logit = logits[row + id];
    let key = order_key(logit);
    if (id != mask_id && key > boundary) { above += weight_of(logit, peak); }
    if (id != mask_id && key == boundary) { ties += 1; }
  }
  let total = sum_of_all(t, vec4f(above, ties, 0, 0)).xy;

  // The group of invocations that holds the number, then the invocation.
  let own_group = t / per_group;
  var before = vec2f();
  for (var i = 0u; i < own_group; i++) { before += groups[i].xy; }
  let of_group = groups[own_group].xy;
  let start = kept_weight(vec2f(), before, place.ties, tie_weight);
  let next = kept_weight(vec2f(), before + of_group, place.ties, tie_weight);
  let group_holds = holds(start, next, kept_weight(vec2f(), total, place.ties, tie_weight), place.number);
  let rest = place.number - start;
  var within = vec2f();
  for (var i = own_group * per_group; i < t; i++) { within += parts[i].xy; }
  var cumulative = kept_weight(before, within, place.ties, tie_weight);
  let after = kept_weight(before, within + parts[t].xy, place.ties, tie_weight);
  let is_mine = group_holds && holds(cumulative, after, kept_weight(before, of_group, place.ties, tie_weight), rest);

  var left = kept_ties(ties, before.y + within.y, place.ties);
  var chosen = vocab;
  for (var id = first; is_mine && id < end && cumulative <= rest; id++) {
    let logit = logits[row + id];
    let key = order_key(logit);
    let is_tie = key == boundary && left > 0;
    if (id != mask_id && (key > boundary || is_tie)) {
      if (is_tie) { left -= 1; }
      let weight = weight_of(logit, peak);
      if (weight > 0) { chosen = id; }
      cumulative += weight;
    }
  }
  return chosen;
}

fn is_written(id: u32) -> bool {
  return ((written[id / 32] >> (id % 32)) & 1) == 1;
}

// Takes the presence penalty off the logits of a row, once for each id that was written: before the pass, or in a tree in
// the rows of the draft that the picked row sees.
fn penalise(t: u32, row: u32, pick: u32) {
  for (var word = t; word < (vocab + 31) / 32; word += threads) {
    for (var bits = written[word]; bits != 0; bits &= bits - 1) {
      logits[row + 32 * word + countTrailingZeros(bits)] -= presence_penalty;
    }
  }
  if (is_tree() && t == 0) {
    let drafted = rows_seen_by(pick) & ~((2u << picks[0]) - 1);
    for (var rows = drafted; rows != 0; rows &= rows - 1) {
      let id = ids[countTrailingZeros(rows)];
      var counts = id != mask_id && !is_written(id);
      for (var earlier = drafted & ~rows; earlier != 0; earlier &= earlier - 1) {
        counts = counts && ids[countTrailingZeros(earlier)] != id;
      }
      if (counts) { logits[row + id] -= presence_penalty; }
    }
  }
  storageBarrier();
}

@compute @workgroup_size(threads)
fn sample(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  if (group.x >= params.rows) { return; }
  let row = group.x * vocab;
  if (presence_penalty != 0) { penalise(t, row, picks[group.x]); }
  let tops = top_of_row(t, row);
  let top = tops.first;
  // Where there is no other id, it is the same one.
  let second = select(tops.second.y, top.y, tops.second.y == NO_ID);
  let peak = logits[row + top.y];
  let has_nucleus = params.temperature > 0 && params.top_p < 1;
  let nucleus = nucleus_of(t, row, (group.x * threads + t) * capacity, top.x, peak, has_nucleus);
  let sums = nucleus.sums;
  var id = select(vocab, top.y, t == 0);
  if (params.temperature > 0) {
    // In a tree a row is as far from the first one as it is deep, and draws as the pass would that block size 1 took there.
    let pick = picks[group.x];
    let depth = countOneBits(rows_seen_by(pick)) - 1;
    let position = params.position + select(pick, depth, is_tree());
    let pass_number = params.pass_number + select(0, depth, is_tree());
    let random = f32(uniform_bits(params.seed, TOKEN_STREAM, pass_number, position)) * 0x1p-24;
    let tie_weight = weight_of(value_of(max(nucleus.boundary, LOWEST)), peak);
    let least = select(0.0, 1.0, nucleus.boundary == top.x);
    let place = place_of(nucleus, tie_weight, least, random);
    id = draw(t, row, peak, nucleus.boundary, tie_weight, place);
  }
  if (top.x == NOT_FINITE) {
    if (t == 0) { drawn[group.x] = Drawn(top.y, -1, -1, top.y, -1, second); }
  } else if (id < vocab) {
    // With Z the sum of weights, H = log Z − Σ p · (logit − peak). Neither part is below 0, but log rounds.
    let entropy = max(log(sums.x) - sums.z / sums.x, 0);
    drawn[group.x] = Drawn(id, exp(logits[row + id] - peak) / sums.x, entropy, top.y, 1 / sums.x, second);
  }
}
