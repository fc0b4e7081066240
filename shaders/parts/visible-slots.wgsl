// Which slots of the KV ring a row of the pass sees. Row r of the pass is in slot (position + r) mod ring. Rows come in
// blocks of block_size, which see themselves whole and the blocks before them: a row sees every slot that was ever
// filled, but for those that later blocks of the same pass fill. Blocks of 1 are token-causal. A pass may straddle the
// end of the ring, and has no more rows than the ring has slots.
//
// In a pass over a tree of rows, a row sees what `rows_seen_by` tells instead; such a pass does not straddle the end, unless
// it is a chain.

// One past the last row of the row's block, or more where the pass ends within the block.
fn block_ends(rows: vec4u) -> vec4u {
  return (rows / params.block_size + 1) * params.block_size;
}

// One past the last slot that the row, or any row before it, may see.
fn slots_end(row: u32) -> u32 {
  if (params.position + params.rows > params.ring) { return params.ring; }
  if (is_tree()) { return params.position + 32 - countLeadingZeros(rows_seen_by(row)); }
  return params.position + min(block_ends(vec4u(row)).x, params.rows);
}

// Of four rows, whether each sees the row at this offset in the pass.
fn sees_row(rows: vec4u, offset: vec4u) -> vec4<bool> {
  if (!is_tree()) { return offset < block_ends(rows); }
  let seen = vec4u(rows_seen_by(rows.x), rows_seen_by(rows.y), rows_seen_by(rows.z), rows_seen_by(rows.w));
  return ((seen >> (offset % 32)) & vec4u(1)) != vec4u();
}

// Of four rows, whether each sees the slot, which must be below the `slots_end` of one of them or of a row after them.
fn sees(rows: vec4u, slot: u32) -> vec4<bool> {
  let first = params.position % params.ring;
  // How far the slot is behind that of the pass's first row, around the ring.
  let offset = vec4u(select(slot - first, slot + params.ring - first, slot < first));
  return sees_row(rows, offset) | (offset >= vec4u(params.rows));
}
