import { createRequire } from 'node:module';
import type { onnx } from 'onnx-proto';
import type { StoredTensor } from '../src/weights/weight-spec';

// A CommonJS package whose exports Node cannot name; an import can take its place once the package is a module.
const proto = (createRequire(import.meta.url)('onnx-proto') as typeof import('onnx-proto')).onnx;

/** Of the format and of its operators, both within what onnxruntime-web 1.30 runs. */
const IR_VERSION = 9;
const OPSETS = [
  { domain: '', version: 20 },
  { domain: 'com.microsoft', version: 1 },
];

const TYPES = {
  float32: proto.TensorProto.DataType.FLOAT,
  float16: proto.TensorProto.DataType.FLOAT16,
  uint8: proto.TensorProto.DataType.UINT8,
  int64: proto.TensorProto.DataType.INT64,
} as const;

export type ElementType = keyof typeof TYPES;
/** A number, or the name of a size that is known when the graph runs. */
export type Axis = number | string;

/** Where the bytes of a stored tensor lie. */
export interface StoredPlace extends StoredTensor {
  /** What the graphs call the bytes that it is among: see `WeightsPart`. */
  readonly location: string;
  readonly offset: number;
  readonly bytes: number;
}

/** An attribute without its name. ONNX tells whole numbers from others by the kind, which a JavaScript number lacks. */
export type Attribute = Omit<onnx.IAttributeProto, 'name'>;
export const int = (i: number): Attribute => ({ type: proto.AttributeProto.AttributeType.INT, i });
export const float = (f: number): Attribute => ({ type: proto.AttributeProto.AttributeType.FLOAT, f });
export const text = (s: string): Attribute => ({
  type: proto.AttributeProto.AttributeType.STRING,
  s: new TextEncoder().encode(s),
});
export const elementType = (type: ElementType): Attribute => int(TYPES[type]);

/** Builds an ONNX model whose weights lie in files beside it. Values are referred to by their names. */
export class OnnxGraph {
  readonly #graph = { name: 'unmask', node: [], initializer: [], input: [], output: [] } as {
    name: string;
    node: onnx.INodeProto[];
    initializer: onnx.ITensorProto[];
    input: onnx.IValueInfoProto[];
    output: onnx.IValueInfoProto[];
  };

  input(name: string, type: ElementType, shape: readonly Axis[]): string {
    this.#graph.input.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: ElementType, shape: readonly Axis[]): void {
    this.#graph.output.push(valueInfo(name, type, shape));
  }

  /** A tensor of the weights, under its own name. */
  stored({ name, type, shape, location, offset, bytes }: StoredPlace): string {
    const externalData = Object.entries({ location, offset, length: bytes });
    this.#graph.initializer.push({
      name,
      dataType: TYPES[type],
      dims: [...shape],
      dataLocation: proto.TensorProto.DataLocation.EXTERNAL,
      externalData: externalData.map(([key, value]) => ({ key, value: String(value) })),
    });
    return name;
  }

  /** Whole numbers [values.length] that are part of the graph. */
  integers(name: string, values: readonly number[]): string {
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#graph.initializer.push({ name, dataType: TYPES.int64, dims: [values.length], rawData });
    return name;
  }

  /** Bytes [values.length] that are part of the graph. */
  bytes(name: string, values: readonly number[]): string {
    const rawData = Uint8Array.from(values);
    this.#graph.initializer.push({ name, dataType: TYPES.uint8, dims: [values.length], rawData });
    return name;
  }

  /** One f32 without axes that is part of the graph. */
  scalar(name: string, value: number): string {
    const rawData = new Uint8Array(Float32Array.of(value).buffer);
    this.#graph.initializer.push({ name, dataType: TYPES.float32, dims: [], rawData });
    return name;
  }

  /** An operator of ONNX, `LayerNormalization`, or of onnxruntime, `com.microsoft.MatMulNBits`. '' is an input left out. */
  node(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const lastDot = operator.lastIndexOf('.');
    this.#graph.node.push({
      name: outputs[0]!,
      domain: operator.slice(0, Math.max(0, lastDot)),
      opType: operator.slice(lastDot + 1),
      input: [...inputs],
      output: [...outputs],
      attribute: Object.entries(attributes).map(([name, attribute]) => ({ ...attribute, name })),
    });
  }

  /** The bytes of the `.onnx` file. */
  encode(): Uint8Array {
    const model = { irVersion: IR_VERSION, producerName: 'unmask', opsetImport: OPSETS, graph: this.#graph };
    return proto.ModelProto.encode(model).finish();
  }
}

function valueInfo(name: string, type: ElementType, shape: readonly Axis[]): onnx.IValueInfoProto {
  const dim = shape.map((axis) => (typeof axis === 'number' ? { dimValue: axis } : { dimParam: axis }));
  return { name, type: { tensorType: { elemType: TYPES[type], shape: { dim } } } };
}
