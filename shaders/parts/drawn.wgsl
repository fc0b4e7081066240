// What is drawn from a row of logits; see `readDrawn` in src/kernels/sample.ts.

struct Drawn {
  id: u32, probability: f32, entropy: f32, likeliest: u32, likeliest_probability: f32, second: u32,
}
