// y = x, 16 bytes an invocation: what the memory of a device gives when nothing else is done.
// x, y: [length]. Dispatch: 256 rows of ⌈length / 64 / 256⌉ workgroups, as one row holds at most 65,535.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn copy(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64 + id.x;
  if (i < arrayLength(&y)) {
    y[i] = x[i];
  }
}
