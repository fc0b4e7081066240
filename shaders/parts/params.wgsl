// For kernels that bind the uniform `Pass` as `params`.

// In a pass over a tree of rows, the rows of the pass that a row sees, as bits; itself among them.
fn rows_seen_by(row: u32) -> u32 {
  return params.seen[row / 4][row % 4];
}

fn is_tree() -> bool {
  return params.seen[0].x != 0;
}

// The count, as a number that compilers do not know: they would unroll loops up to it, and take seconds over that. A pass
// without rows does nothing.
fn rolled(count: u32) -> u32 {
  return select(count, 0, params.rows == 0);
}
