// A run of blocks, and how far it is: see `packRun` and `packProgress` in src/kernels/denoise-run.ts.

struct Run {
  policy: u32, block_size: u32, sub_block_size: u32, mask_id: u32,
  // Per sub-block, for `ancestral` and `confidence`.
  steps: u32,
  // The threshold, or the entropy bound in nats.
  bound: f32,
  // A finished block that starts below this position takes the next one along.
  carry_end: u32,
  // 1 if row i predicts token i + 1.
  predicts_next: u32,
  // 1 if a clean row sees no row after it.
  causal: u32,
  // Row of the residual stream that holds the last row of the clean pass before the run.
  kept_row: u32,
  // 1 if what the network finds likeliest is to be told of every mask.
  guesses: u32,
  // Each ends the text; NO_ID where there are fewer.
  stop_ids: array<vec4u, 4>,
}

struct Progress {
  // Of the block, in the text.
  position: u32,
  // Steps of the sub-block so far; those of `ancestral` that no position falls to count too.
  step: u32,
  // The sub-block's masks at its start, and the block's masks now.
  masked: u32, left: u32,
  // Bit i: the block's id i was given.
  given: u32,
  // Forward passes of the generation, a clean pass being one.
  passes: u32,
  blocks_left: u32,
  // Row of the pass that predicts offset 0 of the block; may wrap.
  row_of_first: u32,
  // The sub-block in work: NO_ID before the block's first step.
  sub_block: u32,
  // 1 if the pass predicts the block's first token alone, from a clean row.
  first_token: u32,
  // Passes of the submission, those without work too.
  slot: u32,
  // How many of the picks the policy asked for: the first ones. The others are for guesses.
  judged: u32,
}
