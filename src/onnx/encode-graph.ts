import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
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
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  TensorProto_DataLocation,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from './onnx_pb';

/** A tensor of a graph whose bytes lie elsewhere. */
export interface PlacedInitializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** What the graph calls the bytes that it is among: `path` of onnxruntime's `externalData`. */
  readonly location: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A graph as the bytes of an ONNX file, with these initializers beside its constants. */
export function encodeGraph(graph: Graph, external: readonly PlacedInitializer[]): Uint8Array<ArrayBuffer> {
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    producerName: GRAPH_NAME,
    opsetImport: OPSETS.map(({ domain, version }) => ({ domain, version: BigInt(version) })),
    graph: graphProto(graph, external),
  });
  return toBinary(ModelProtoSchema, model);
}

function graphProto(
  { inputs, outputs, constants, nodes }: Graph,
  external: readonly PlacedInitializer[],
): MessageInitShape<typeof GraphProtoSchema> {
  return {
    name: GRAPH_NAME,
    node: nodes.map(nodeProto),
    initializer: [...external.map(placedProto), ...constants.map(constantProto)],
    input: inputs.map(valueInfo),
    output: outputs.map(valueInfo),
  };
}

function placedProto(placed: PlacedInitializer): MessageInitShape<typeof TensorProtoSchema> {
  const { name, type, shape, location, offset, bytes } = placed;
  const externalData = Object.entries({ location, offset, length: bytes });
  return {
    name,
    dataType: ELEMENT_TYPES[type],
    dims: shape.map(BigInt),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: externalData.map(([key, value]) => ({ key, value: String(value) })),
  };
}

function constantProto({ name, type, shape, bytes }: GraphConstant): MessageInitShape<typeof TensorProtoSchema> {
  return { name, dataType: ELEMENT_TYPES[type], dims: shape.map(BigInt), rawData: Uint8Array.from(bytes) };
}

function nodeProto({ operator, inputs, outputs, attributes }: GraphNode): MessageInitShape<typeof NodeProtoSchema> {
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

function attributeProto(attribute: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  if ('int' in attribute) return { type: AttributeType.INT, i: BigInt(attribute.int) };
  if ('float' in attribute) return { type: AttributeType.FLOAT, f: attribute.float };
  if ('ints' in attribute) return { type: AttributeType.INTS, ints: attribute.ints.map(BigInt) };
  return { type: AttributeType.STRING, s: new TextEncoder().encode(attribute.text) };
}

function valueInfo({ name, type, shape }: GraphValue): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((axis) =>
    typeof axis === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(axis) } }
      : { value: { case: 'dimParam' as const, value: axis } },
  );
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: ELEMENT_TYPES[type], shape: { dim } } } },
  };
}
