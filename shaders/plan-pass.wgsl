// Begins a pass of the denoise loop: what it computes follows from where the text stands. A block with masks
// left gets a denoise pass, for which the policy picks the positions that the head predicts. A finished block
// gets its clean pass, which leaves its K and V in the ring; below `carry_end` the first denoise pass of the
// next block rides along, in the rows after it. After the last block there is nothing left: no workgroups.
//
// @binding(0) Run uniform
// @binding(1) Progress, read and written
// @binding(2) tokens     [block_size] u32, read and written: the block as it stands, mask_id where masked
// @binding(3) workgroups [rows 0 … , kernels, 3] u32: what each kernel of a pass takes for so many rows
// @binding(4) ids        [rows] u32, written: what the layers read
// @binding(5) picks      [head rows] u32, written: rows of the pass to predict, ascending
// @binding(6) trunk      Pass of the layers: rows and position written
// @binding(7) head       Pass of the head: rows (how many picks), position and pass_number written; seed is read
// @binding(8) counts     [kernels, 3] u32, written: workgroups of this pass, those of the layers before those of
//                        the head
// Dispatch: one workgroup of 64.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

struct Run {
  policy: u32, block_size: u32, mask_id: u32, eos_id: u32,
  // Of a block, for `ancestral` and `confidence`.
  steps: u32,
  // The threshold, or the entropy bound in nats.
  bound: f32,
  // A finished block that starts below this position takes the next one along.
  carry_end: u32,
  trunk_kernels: u32, head_kernels: u32,
}

struct Progress {
  // Of the block, in the text.
  position: u32,
  // Steps of the block so far; those of `ancestral` that no position falls to count too.
  step: u32,
  // The block's masks at its start, and now.
  masked: u32, left: u32,
  // Bit i: the block's id i was given.
  given: u32,
  // Forward passes of the generation, a clean pass being one.
  passes: u32,
  blocks_left: u32,
  // Of the block, in the pass.
  first_row: u32,
  // Passes of the submission, those without work too.
  slot: u32,
}

// Policies; all others ask for every mask.
const FIRST_HITTING = 0u;
const ANCESTRAL = 1u;

const THREADS = 64u;
const ORDER_STREAM = 1u;

@group(0) @binding(0) var<uniform> run: Run;
@group(0) @binding(1) var<storage, read_write> progress: Progress;
@group(0) @binding(2) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(3) var<storage, read> workgroups: array<u32>;
@group(0) @binding(4) var<storage, read_write> ids: array<u32>;
@group(0) @binding(5) var<storage, read_write> picks: array<u32>;
@group(0) @binding(6) var<storage, read_write> trunk: Pass;
@group(0) @binding(7) var<storage, read_write> head: Pass;
@group(0) @binding(8) var<storage, read_write> counts: array<u32>;

// Rows of the layers, and of the head.
var<workgroup> rows: vec2u;

// 2²⁴ times the number that `uniform` of src/backends/random.ts gives: a whole number below 2²⁴.
fn uniform_bits(position: u32) -> u32 {
  var v = vec4u(head.seed, ORDER_STREAM, progress.step, position) * 1664525u + 1013904223u;
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  v ^= v >> vec4u(16);
  v.x += v.y * v.w;
  return v.x >> 8;
}

// Whether the policy lets a masked position be predicted in this step.
fn is_drawn(offset: u32) -> bool {
  if (run.policy != ANCESTRAL) { return true; }
  return uniform_bits(progress.position + offset) * (run.steps - progress.step) < 0x1000000;
}

// Writes the picks of a step, and returns how many there are.
fn pick_step() -> u32 {
  var count = 0u;
  for (var offset = 0u; offset < run.block_size; offset++) {
    if (tokens[offset] == run.mask_id && is_drawn(offset)) {
      picks[count] = progress.first_row + offset;
      count++;
    }
  }
  if (run.policy == FIRST_HITTING && count > 0) {
    picks[0] = picks[(uniform_bits(progress.position) * count) >> 24];
    return 1;
  }
  return count;
}

// Those of the first step that has any: one without takes no pass. There is a mask left, and the last step
// of `ancestral` takes all.
fn pick() -> u32 {
  var count = pick_step();
  while (count == 0) {
    progress.step++;
    count = pick_step();
  }
  return count;
}

// The finished block's ids become rows of the pass, and the block after it begins.
fn commit_block() {
  for (var offset = 0u; offset < run.block_size; offset++) {
    ids[offset] = tokens[offset];
    tokens[offset] = run.mask_id;
  }
  progress.position += run.block_size;
  progress.step = 0;
  progress.masked = run.block_size;
  progress.left = run.block_size;
  progress.given = 0;
  progress.passes++;
}

fn plan() {
  trunk.rows = 0;
  head.rows = 0;
  if (progress.blocks_left == 0) { return; }
  let start = progress.position;
  let commits = progress.left == 0;
  if (commits) { commit_block(); }
  progress.first_row = select(0, run.block_size, commits);
  trunk.position = start;
  trunk.rows = run.block_size;
  if (!commits || start < run.carry_end) {
    for (var offset = 0u; offset < run.block_size; offset++) { ids[progress.first_row + offset] = tokens[offset]; }
    trunk.rows = progress.first_row + run.block_size;
    head.position = start;
    head.rows = pick();
    head.pass_number = progress.passes;
  }
}

@compute @workgroup_size(64)
fn plan_pass(@builtin(local_invocation_index) t: u32) {
  if (t == 0) {
    plan();
    rows = vec2u(trunk.rows, head.rows);
  }
  let planned = workgroupUniformLoad(&rows);
  let kernels = run.trunk_kernels + run.head_kernels;
  for (var kernel = t; kernel < kernels; kernel += THREADS) {
    let first = select(planned.y, planned.x, kernel < run.trunk_kernels) * kernels;
    for (var axis = 0u; axis < 3; axis++) { counts[kernel * 3 + axis] = workgroups[(first + kernel) * 3 + axis]; }
  }
}
