/** An ONNX graph as plain values, without its weights: `encodeGraph` writes it. */
export interface Graph {
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** Small tensors that are part of the graph. */
  readonly constants: readonly GraphConstant[];
  readonly nodes: readonly GraphNode[];
}

/** Of the format and of its operators, both within what onnxruntime-web 1.30 runs. */
export const IR_VERSION = 9;
export const OPSETS = [
  { domain: '', version: 20 },
  { domain: 'com.microsoft', version: 1 },
] as const;

/** The name of every graph, and of what produced it. */
export const GRAPH_NAME = 'unmask';

/** By ONNX's own numbers (`TensorProto.DataType`). */
export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
  uint32: 12,
} as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A number, or the name of a size that is known when the graph runs. */
export type Axis = number | string;

export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Axis[];
}

export interface GraphConstant {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Little endian. */
  readonly bytes: readonly number[];
}

/** ONNX tells whole numbers from others by the kind, which a JavaScript number lacks. Floats are f32. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string };

export interface GraphNode {
  /** An operator of ONNX, `LayerNormalization`, or of onnxruntime, `com.microsoft.MultiHeadAttention`. */
  readonly operator: string;
  /** '' is an input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Collects a graph. Values are referred to by their names. */
export class GraphBuilder implements Graph {
  readonly inputs: GraphValue[] = [];
  readonly outputs: GraphValue[] = [];
  readonly constants: GraphConstant[] = [];
  readonly nodes: GraphNode[] = [];

  input(name: string, type: ElementType, shape: readonly Axis[]): void {
    this.inputs.push({ name, type, shape });
  }

  output(name: string, type: ElementType, shape: readonly Axis[]): void {
    this.outputs.push({ name, type, shape });
  }

  /** Whole numbers [values.length]. */
  integers(name: string, values: readonly number[]): string {
    const bytes = [...new Uint8Array(BigInt64Array.from(values, BigInt).buffer)];
    this.constants.push({ name, type: 'int64', shape: [values.length], bytes });
    return name;
  }

  /** One byte without axes. */
  byte(name: string, value: number): void {
    this.constants.push({ name, type: 'uint8', shape: [], bytes: [value] });
  }

  /** One f32 without axes. */
  scalar(name: string, value: number): void {
    this.floats(name, [], Float32Array.of(value));
  }

  floats(name: string, shape: readonly number[], { buffer, byteOffset, byteLength }: Float32Array): void {
    const bytes = [...new Uint8Array(buffer, byteOffset, byteLength)];
    this.constants.push({ name, type: 'float32', shape, bytes });
  }

  node(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.nodes.push({ operator, inputs, outputs, attributes });
  }
}
