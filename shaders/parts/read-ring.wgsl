// Reads pairs of features, half a head apart, of keys and values. The kernel declares the bindings
//
// ring_keys    [ring, kvHeads, headSize/2] pairs, f16 if cache_f16 and else f32
// ring_values  the same

override cache_f16: bool;

fn key_pair(at: u32) -> vec2f {
  if (cache_f16) { return unpack2x16float(ring_keys[at]); }
  return bitcast<vec2f>(vec2u(ring_keys[at * 2], ring_keys[at * 2 + 1]));
}

fn value_pair(at: u32) -> vec2f {
  if (cache_f16) { return unpack2x16float(ring_values[at]); }
  return bitcast<vec2f>(vec2u(ring_values[at * 2], ring_values[at * 2 + 1]));
}
