import { createRequire } from 'node:module';
import type { onnx } from 'onnx-proto';
import {
  type Attribute,
  ELEMENT_TYPES,
  type ElementType,
  GRAPH_NAME,
  type Graph,
  type GraphConstant,
  type GraphNode,
  type GraphValue,
  IR_VERSION,
  OPSETS,
} from './graph';

// A CommonJS package whose exports Node cannot name; an import can take its place once the package is a module.
const proto = (createRequire(import.meta.url)('onnx-proto') as typeof import('onnx-proto')).onnx;

/** Where the bytes of a weight lie. */
export interface StoredPlace {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** What the graphs call the bytes that it is among: see `WeightsPart`. */
  readonly location: string;
  readonly offset: number;
  readonly bytes: number;
}

/** The bytes of the `.onnx` file of a graph whose weights, these, lie in files beside it. */
export function encodeGraph({ inputs, outputs, constants, nodes }: Graph, places: readonly StoredPlace[]): Uint8Array {
  const model: onnx.IModelProto = {
    irVersion: IR_VERSION,
    producerName: GRAPH_NAME,
    opsetImport: [...OPSETS],
    graph: {
      name: GRAPH_NAME,
      node: nodes.map(nodeProto),
      initializer: [...places.map(storedProto), ...constants.map(constantProto)],
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    },
  };
  return proto.ModelProto.encode(model).finish();
}

/** A tensor of the weights, under its own name. */
function storedProto({ name, type, shape, location, offset, bytes }: StoredPlace): onnx.ITensorProto {
  const externalData = Object.entries({ location, offset, length: bytes });
  return {
    name,
    dataType: ELEMENT_TYPES[type],
    dims: [...shape],
    dataLocation: proto.TensorProto.DataLocation.EXTERNAL,
    externalData: externalData.map(([key, value]) => ({ key, value: String(value) })),
  };
}

function constantProto({ name, type, shape, bytes }: GraphConstant): onnx.ITensorProto {
  return { name, dataType: ELEMENT_TYPES[type], dims: [...shape], rawData: Uint8Array.from(bytes) };
}

function nodeProto({ operator, inputs, outputs, attributes }: GraphNode): onnx.INodeProto {
  const lastDot = operator.lastIndexOf('.');
  return {
    name: outputs[0]!,
    domain: operator.slice(0, Math.max(0, lastDot)),
    opType: operator.slice(lastDot + 1),
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, attribute]) => ({ ...attributeProto(attribute), name })),
  };
}

function attributeProto(attribute: Attribute): onnx.IAttributeProto {
  const { AttributeType } = proto.AttributeProto;
  if ('ints' in attribute) return { type: AttributeType.INTS, ints: [...attribute.ints] };
  if ('int' in attribute) return { type: AttributeType.INT, i: attribute.int };
  if ('float' in attribute) return { type: AttributeType.FLOAT, f: attribute.float };
  return { type: AttributeType.STRING, s: new TextEncoder().encode(attribute.text) };
}

function valueInfo({ name, type, shape }: GraphValue): onnx.IValueInfoProto {
  const dim = shape.map((axis) => (typeof axis === 'number' ? { dimValue: axis } : { dimParam: axis }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}
