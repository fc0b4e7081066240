// How few-rows reads x with one lane where there are subgroups: four invocations, which all need the same four rows,
// load one of them each and hand it to the others. A quarter of the loads, of which compilers make a branch each.
//
// First of the parts, as WGSL wants `enable`. Workgroups are of a multiple of 4 invocations, all of them active.

enable subgroups;

// Where the invocation's own one of four rows of x starts, in vec4f.
struct Inputs {
  start: u32,
}

// The last row repeats past the end. An invocation's place among the four is its rank in the subgroup.
fn inputs_at(first_row: u32) -> Inputs {
  let own = subgroupExclusiveAdd(1u) % 4;
  return Inputs(min(first_row + own, params.rows - 1) * (matrix_columns() / 4));
}

fn first_four(t: u32) -> u32 {
  return 0;
}

// The rows at columns 4 · four to 4 · four + 3.
fn four_inputs(inputs: Inputs, four: u32) -> mat4x4f {
  let own = x[inputs.start + four];
  return mat4x4f(quadBroadcast(own, 0), quadBroadcast(own, 1), quadBroadcast(own, 2), quadBroadcast(own, 3));
}
