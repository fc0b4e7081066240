// The random numbers of src/backends/random.ts: pcg4d of Jarzynski and Olano (2020). A number depends on its counters
// alone, so that every backend draws the same.

// 2²⁴ times the number that `uniform` gives: a whole number below 2²⁴.
fn uniform_bits(seed: u32, stream: u32, pass_number: u32, position: u32) -> u32 {
  var v = vec4u(seed, stream, pass_number, position) * 1664525u + 1013904223u;
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  v ^= v >> vec4u(16);
  v.x += v.y * v.w;
  return v.x >> 8;
}
