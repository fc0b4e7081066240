// Parameters of a pass: see `packPass` in src/kernels/pass.ts.
struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32, window: u32,
}

// The count, as a number that compilers do not know: they would unroll loops up to it, and take seconds over that. A pass
// without rows does nothing.
fn rolled(count: u32) -> u32 {
  return select(count, 0, params.rows == 0);
}
