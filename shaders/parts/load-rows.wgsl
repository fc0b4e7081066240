// How few-rows reads x, on every device: each invocation loads all that it needs.

// Teams whose invocations alternate: none.
const TEAMS_TOGETHER = 1u;

// The number of an invocation in its workgroup.
fn numbered(index: u32) -> u32 {
  return index;
}

// Four rows of x: where each starts, in vec4f, and which row of the tile the first one is.
struct Inputs {
  starts: vec4u, of_tile: u32,
}

// The last row repeats past the end.
fn inputs_at(first_row: u32) -> Inputs {
  let starts = min(first_row + vec4u(0, 1, 2, 3), vec4u(params.rows - 1)) * (matrix_columns() / 4);
  return Inputs(starts, first_row % TILE);
}

// The first four columns of an invocation.
fn first_four(t: u32) -> u32 {
  return lane_of(t);
}

// The four columns of an invocation in the turn that begins there.
fn own_four(t: u32, first: u32) -> u32 {
  return first;
}

fn normalised(numbers: vec4f, row_of_tile: u32, norm: NormOfColumns) -> vec4f {
  let moment = moments[row_of_tile];
  return (numbers - moment.x) * moment.y * norm.weight + norm.bias;
}

// The rows at columns 4 · four to 4 · four + 3, normalised if `normed`.
fn four_inputs(inputs: Inputs, four: u32, norm: NormOfColumns) -> mat4x4f {
  let at = inputs.starts + four;
  let rows = mat4x4f(x[at.x], x[at.y], x[at.z], x[at.w]);
  if (!normed) { return rows; }
  let of_tile = inputs.of_tile;
  return mat4x4f(normalised(rows[0], of_tile, norm), normalised(rows[1], of_tile + 1, norm),
                 normalised(rows[2], of_tile + 2, norm), normalised(rows[3], of_tile + 3, norm));
}
