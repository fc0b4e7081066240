// Begins a pass of the denoise loop: what it computes follows from where the text stands. A block with masks
// left gets a denoise pass, for which the policy picks the positions that the head predicts. A finished block
// gets its clean pass, which leaves its K and V in the ring. Below `carry_end` the first denoise pass of the next
// block rides along, in the rows after it. Where rows predict the next token, the last row of a clean pass predicts
// the first token of the block after it; a run that begins at such a place takes that row from the pass before
// the run. After the last block there is nothing left, and the pass has no rows.
//
// Parts: pass, random, run.
//
// @binding(0) Run uniform
// @binding(1) Progress, read and written
// @binding(2) tokens     [block_size] u32, read and written: the block as it stands, mask_id where masked
// @binding(3) ids        [rows] u32, written: what the layers read
// @binding(4) picks      [head rows] u32, written: rows of the pass to predict from, ascending; then those for guesses
// @binding(5) trunk      Pass of the layers: rows, position and block_size written
// @binding(6) head       Pass of the head: rows (how many picks), position and pass_number written; seed is read.
//                        Row r of the pass predicts the token at position + r
// Dispatch: one invocation.

// Policies; all others ask for every mask.
const FIRST_HITTING = 0u;
const ANCESTRAL = 1u;

const ORDER_STREAM = 1u;
const NO_ID = 0xffffffffu;

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read_write> progress: Progress;
@group(0) @binding(2) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(3) var<storage, read_write> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> picks: array<u32>;
@group(0) @binding(5) var<storage, read_write> trunk: Pass;
@group(0) @binding(6) var<storage, read_write> head: Pass;

// 24 random bits for a position in this step.
fn order_bits(position: u32) -> u32 {
  return uniform_bits(head.seed, ORDER_STREAM, progress.step, position);
}

// Whether the policy lets a masked position be predicted in this step.
fn is_drawn(offset: u32) -> bool {
  if (run.policy != ANCESTRAL) { return true; }
  return order_bits(progress.position + offset) * (run.steps - progress.step) < 0x1000000;
}

// Turns to the sub-block of the first mask, and counts its masks where it is another than before.
fn begin_sub_block() {
  var first = 0u;
  while (tokens[first] != run.mask_id) { first++; }
  let sub_block = first / run.sub_block_size;
  if (sub_block == progress.sub_block) { return; }
  progress.sub_block = sub_block;
  progress.step = 0;
  progress.masked = 0;
  for (var offset = first; offset < (sub_block + 1) * run.sub_block_size; offset++) {
    progress.masked += select(0u, 1u, tokens[offset] == run.mask_id);
  }
}

// Writes the picks of a step, and returns how many there are.
fn pick_step() -> u32 {
  let start = progress.sub_block * run.sub_block_size;
  var count = 0u;
  for (var offset = start; offset < start + run.sub_block_size; offset++) {
    if (tokens[offset] == run.mask_id && is_drawn(offset)) {
      picks[count] = progress.row_of_first + offset;
      count++;
    }
  }
  if (run.policy == FIRST_HITTING && count > 0) {
    picks[0] = picks[(order_bits(progress.position + start) * count) >> 24];
    return 1;
  }
  return count;
}

// Those of the first step that has any: one without takes no pass. There is a mask left, and the last step
// of `ancestral` takes all.
fn pick() -> u32 {
  begin_sub_block();
  var count = 0u;
  loop {
    count = pick_step();
    if (count > 0) { break; }
    progress.step++;
  }
  progress.judged = count;
  if (run.guesses == 1) { return count + add_guesses(count); }
  return count;
}

// Picks the masks that are not among the first `count` picks, and returns how many those are.
fn add_guesses(count: u32) -> u32 {
  var added = 0u;
  for (var offset = 0u; offset < run.block_size; offset++) {
    let row = progress.row_of_first + offset;
    var is_picked = tokens[offset] != run.mask_id;
    for (var i = 0u; i < count; i++) { is_picked = is_picked || picks[i] == row; }
    if (!is_picked) {
      picks[count + added] = row;
      added++;
    }
  }
  return added;
}

// The finished block's ids become rows of the pass, and the block after it begins.
fn commit_block() {
  for (var offset = 0u; offset < run.block_size; offset++) {
    ids[offset] = tokens[offset];
    tokens[offset] = run.mask_id;
  }
  progress.position += run.block_size;
  progress.sub_block = NO_ID;
  progress.left = run.block_size;
  progress.given = 0;
  progress.passes++;
}

// The head predicts the block's first token from a clean row; the pass that made the row is counted already.
fn predict_first(row: u32) {
  progress.row_of_first = row;
  progress.first_token = 1;
  progress.judged = 1;
  picks[0] = row;
  head.rows = 1;
  head.pass_number = progress.passes - 1;
}

@compute @workgroup_size(1)
fn plan_pass() {
  trunk.rows = 0;
  head.rows = 0;
  progress.first_token = 0;
  progress.judged = 0;
  if (progress.blocks_left == 0) { return; }
  let start = progress.position;
  let commits = progress.left == 0;
  if (commits) { commit_block(); }
  if (run.predicts_next == 1 && tokens[0] == run.mask_id) {
    predict_first(select(run.kept_row, run.block_size - 1, commits));
  } else if (!commits || start < run.carry_end) {
    let first_row = select(0, run.block_size, commits);
    for (var offset = 0u; offset < run.block_size; offset++) { ids[first_row + offset] = tokens[offset]; }
    trunk.rows = first_row + run.block_size;
    progress.row_of_first = first_row - run.predicts_next;
    head.rows = pick();
    head.pass_number = progress.passes;
  }
  if (commits) { trunk.rows = max(trunk.rows, run.block_size); }
  trunk.position = start;
  trunk.block_size = select(run.block_size, 1, commits && run.causal == 1);
  head.position = progress.position - progress.row_of_first;
}
