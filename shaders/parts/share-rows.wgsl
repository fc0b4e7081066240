// How few-rows reads x where there are subgroups: the four invocations of a quad, which need the same columns of the same
// four rows, load one row each, normalise it if it is to be, and hand it to the others. A quarter of the loads, of each of
// which some compilers make a branch for every invocation.
//
// First of the parts, as WGSL wants `enable`. Workgroups are of a multiple of 4 teams, all of them active.

enable subgroups;

// Teams whose invocations alternate: those at the same columns are a quad.
const TEAMS_TOGETHER = 4u;

var<workgroup> quads: atomic<u32>;

// The number of an invocation in its workgroup, by which four that follow each other are a quad. WGSL does not say so of
// `local_invocation_index`. Single lanes are all at the same columns, and keep theirs.
fn numbered(index: u32) -> u32 {
  if (alone) { return index; }
  let place = quad_place();
  var quad = 0u;
  if (place == 0) { quad = atomicAdd(&quads, 1u); }
  return quadBroadcast(quad, 0) * 4 + place;
}

// An invocation's place among the four is its rank in the subgroup.
fn quad_place() -> u32 {
  return subgroupExclusiveAdd(1u) % 4;
}

// The invocation's own one of four rows of x: where it starts, in vec4f, and its `moments`.
struct Inputs {
  start: u32, moment: vec2f,
}

// The last row repeats past the end.
fn inputs_at(first_row: u32) -> Inputs {
  let row = first_row + quad_place();
  var moment = vec2f();
  if (normed) { moment = moments[row % TILE]; }
  return Inputs(min(row, params.rows - 1) * (matrix_columns() / 4), moment);
}

// All invocations take the same number of turns, as quads must be together; see `own_four`.
fn first_four(t: u32) -> u32 {
  return 0;
}

// The four columns of an invocation in the turn that begins there; `four_inputs` makes zeros of those past the end.
fn own_four(t: u32, first: u32) -> u32 {
  return first + lane_of(t);
}

// The rows at columns 4 · four to 4 · four + 3.
fn four_inputs(inputs: Inputs, four: u32, norm: NormOfColumns) -> mat4x4f {
  var own = x[inputs.start + four];
  if (normed) { own = (own - inputs.moment.x) * inputs.moment.y * norm.weight + norm.bias; }
  if (!alone && four >= matrix_columns() / 4) { own = vec4f(); }
  return mat4x4f(quadBroadcast(own, 0), quadBroadcast(own, 1), quadBroadcast(own, 2), quadBroadcast(own, 3));
}
