// Which slots of the KV ring a row of the pass sees. Row r of the pass is in slot (position + r) mod ring. Rows come in
// blocks of block_size, which see themselves whole and the blocks before them: a row sees every slot that was ever
// filled, but for those that later blocks of the same pass fill. Blocks of 1 are token-causal. A pass may straddle the
// end of the ring, and has no more rows than the ring has slots.
//
// In a pass that verifies a draft, one with a window, the rows after the window are its drafts: blocks of `masks` rows, the
// i-th of which sees the window's rows up to the i-th and itself; see src/backends/drafting-pass.ts. With drafts it does
// not straddle the end.

// Rows of a draft.
fn masks() -> u32 {
  return params.rows / params.window - 1;
}

// One past the last row of the row's block, or more where the pass ends within the block.
fn block_ends(rows: vec4u) -> vec4u {
  if (params.window == 0) { return (rows / params.block_size + 1) * params.block_size; }
  return select(rows + 1, params.window + (draft_of(rows) + 1) * masks(), rows >= vec4u(params.window));
}

// The drafts that rows after the window belong to.
fn draft_of(rows: vec4u) -> vec4u {
  return (rows - params.window) / masks();
}

// Whether a row of a draft must not see an offset: one after its row of the window and before its own draft.
fn hidden_in_drafting(rows: vec4u, offset: vec4u) -> vec4<bool> {
  if (params.window == 0) { return vec4<bool>(); }
  let draft = draft_of(rows);
  let is_between = (offset > draft) & (offset < params.window + draft * masks());
  return is_between & (rows >= vec4u(params.window));
}

// One past the last slot that the row, or any row before it, may see.
fn slots_end(row: u32) -> u32 {
  if (params.position + params.rows > params.ring) { return params.ring; }
  return params.position + min(block_ends(vec4u(row)).x, params.rows);
}

// Of four rows, whether each sees the slot, which must be below the `slots_end` of one of them or of a row after them.
fn sees(rows: vec4u, slot: u32) -> vec4<bool> {
  let first = params.position % params.ring;
  // How far the slot is behind that of the pass's first row, around the ring.
  let offset = vec4u(select(slot - first, slot + params.ring - first, slot < first));
  let is_early = (offset < block_ends(rows)) & !hidden_in_drafting(rows, offset);
  return is_early | (offset >= vec4u(params.rows));
}
