// Ends a pass of the denoise loop: what the policy keeps of its predictions becomes tokens of the block, in the
// policy's order, and is noted in the trace for who reads along. A pass without predictions reveals nothing.
//
// Parts: pass, run, drawn.
//
// @binding(0) Run uniform
// @binding(1) Progress, read and written
// @binding(2) head   Pass uniform: rows is the number of predictions
// @binding(3) picks  [rows] u32: rows of the pass; `row_of_first` predicts the block's first token
// @binding(4) drawn  [rows] of what `sample` writes: the predictions; those of the first `judged` rows are the policy's
// @binding(5) tokens [block_size] u32, written where revealed
// @binding(6) trace  [slots, block_size] (id + 2²⁴ · place u32, probability f32, entropy f32), written for the
//                    slot; the place counts the revealed of the pass from 1 on, and is 0 for all others. If guesses are
//                    asked for, what stays masked has the likeliest id with place JUDGED or ONLY_GUESSED, its
//                    probability, and the probability of what was drawn
// @binding(7) written [vocab / 32] u32, a bit for each id that was written: set for those revealed
// Dispatch: one workgroup of 64.

struct Traced {
  id_and_place: u32, probability: f32, entropy: f32,
}

// Places of what stays masked: where the policy judged the draw, and where the pass drew for the guess alone.
const JUDGED = 255u;
const ONLY_GUESSED = 254u;

// Policies; all others reveal everything that was drawn.
const CONFIDENCE = 2u;
const THRESHOLD = 3u;
const ENTROPY = 4u;

const THREADS = 64u;
const MOST_ROWS = 32u;

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read_write> progress: Progress;
@group(0) @binding(2) var<uniform> head: Pass;
@group(0) @binding(3) var<storage, read> picks: array<u32>;
@group(0) @binding(4) var<storage, read> drawn: array<Drawn>;
@group(0) @binding(5) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(6) var<storage, read_write> trace: array<Traced>;
@group(0) @binding(7) var<storage, read_write> written: array<atomic<u32>>;

// [place in the policy's order, from 0]: a row of `drawn`.
var<workgroup> order: array<u32, 32>;
// How many of them are revealed.
var<workgroup> revealed: u32;

// The policy takes smaller ones first, and of equal ones the earlier position.
fn key(row: u32) -> f32 {
  switch run.policy {
    case CONFIDENCE, THRESHOLD: { return -drawn[row].probability; }
    case ENTROPY: { return drawn[row].entropy; }
    default: { return 0; }
  }
}

fn place_of(row: u32) -> u32 {
  let mine = key(row);
  var place = 0u;
  for (var other = 0u; other < progress.judged; other++) {
    let theirs = key(other);
    place += select(0u, 1u, theirs < mine || (theirs == mine && other < row));
  }
  return place;
}

// The step's even share of the sub-block's masks; the remainder goes to the earliest steps.
fn share() -> u32 {
  return progress.masked / run.steps + select(0u, 1u, progress.step < progress.masked % run.steps);
}

// How many of the first in the order are revealed; at least one, where there is one.
fn count_revealed() -> u32 {
  if (progress.first_token == 1) { return 1; }
  switch run.policy {
    case CONFIDENCE: { return min(share(), progress.judged); }
    case THRESHOLD: {
      var certain = 0u;
      for (var row = 0u; row < progress.judged; row++) { certain += select(0u, 1u, drawn[row].probability > run.bound); }
      return min(max(1, certain), progress.judged);
    }
    case ENTROPY: {
      // Σ H − max H of the first n is the sum over the first n − 1, as they ascend.
      var sum = 0.0;
      for (var n = 1u; n < progress.judged; n++) {
        sum += drawn[order[n - 1]].entropy;
        if (sum > run.bound) { return n; }
      }
      return progress.judged;
    }
    default: { return progress.judged; }
  }
}

fn is_stop(id: u32) -> bool {
  var found = false;
  for (var i = 0u; i < 4; i++) { found = found || any(run.stop_ids[i] == vec4u(id)); }
  return found;
}

// Whether the block, now without a mask, is the text's last: a stop id that was not given ends it.
fn is_last() -> bool {
  var last = progress.blocks_left == 1;
  for (var offset = 0u; offset < run.block_size; offset++) {
    let is_given = ((progress.given >> offset) & 1) == 1;
    last = last || (is_stop(tokens[offset]) && !is_given);
  }
  return last;
}

// Whether a row of `drawn` is among the first `count` in the order.
fn is_revealed(row: u32, count: u32) -> bool {
  var found = false;
  for (var place = 0u; place < count; place++) { found = found || order[place] == row; }
  return found;
}

@compute @workgroup_size(64)
fn reveal(@builtin(local_invocation_index) t: u32) {
  let slot = progress.slot * run.block_size;
  for (var offset = t; offset < run.block_size; offset += THREADS) { trace[slot + offset] = Traced(0, 0, 0); }
  if (t < min(progress.judged, MOST_ROWS)) { order[place_of(t)] = t; }
  storageBarrier();
  workgroupBarrier();
  if (t == 0) { revealed = count_revealed(); }
  let count = workgroupUniformLoad(&revealed);

  if (t < count) {
    let prediction = drawn[order[t]];
    let offset = picks[order[t]] - progress.row_of_first;
    tokens[offset] = prediction.id;
    atomicOr(&written[prediction.id / 32], 1u << (prediction.id % 32));
    trace[slot + offset] = Traced(prediction.id | ((t + 1) << 24), prediction.probability, prediction.entropy);
  }
  if (run.guesses == 1 && t < head.rows && !is_revealed(t, count)) {
    let guess = drawn[t];
    let place = select(ONLY_GUESSED, JUDGED, t < progress.judged);
    trace[slot + picks[t] - progress.row_of_first] =
      Traced(guess.likeliest | (place << 24), guess.likeliest_probability, guess.probability);
  }
  storageBarrier();
  workgroupBarrier();
  if (t == 0) {
    progress.slot++;
    progress.left -= count;
    if (head.rows > 0) {
      if (progress.first_token == 0) {
        progress.step++;
        progress.passes++;
      }
      if (progress.left == 0) { progress.blocks_left = select(progress.blocks_left - 1, 0, is_last()); }
    }
  }
}
