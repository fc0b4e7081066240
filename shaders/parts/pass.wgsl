// Parameters of a pass: see `packPass` in src/kernels/pass.ts.
struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32, seen: array<vec4u, 8>,
}
