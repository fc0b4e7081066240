// Which slots of the KV ring a row of the pass sees. Row r of the pass is in slot (position + r) mod ring. Rows come in
// blocks of block_size, which see themselves whole and the blocks before them: a row sees every slot that was ever
// filled, but for those that later blocks of the same pass fill. Blocks of 1 are token-causal. A pass may straddle the
// end of the ring, and has no more rows than the ring has slots.

// One past the last row of the row's block, or more where the pass ends within the block.
fn block_ends(rows: vec4u) -> vec4u {
  return (rows / params.block_size + 1) * params.block_size;
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
  return (offset < block_ends(rows)) | (offset >= vec4u(params.rows));
}
