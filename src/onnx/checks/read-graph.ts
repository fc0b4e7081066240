import {
  type Attribute,
  type Axis,
  ELEMENT_TYPES,
  type ElementType,
  type Graph,
  type GraphConstant,
  type GraphNode,
  type GraphValue,
} from '../graph';
import { bytes, float, integer, integers, readMessage, text } from './read-message';

/** A tensor whose bytes lie beside the graph. */
export interface StoredPlace {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** What the graph calls the bytes that it is among: see `WeightsPart`. */
  readonly location: string;
  readonly offset: number;
  readonly bytes: number;
}

/** What an `.onnx` file holds. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly name: string;
  readonly graph: Graph;
  /** In the file's order. */
  readonly stored: readonly StoredPlace[];
}

/** Of `TensorProto.DataLocation`. */
const EXTERNAL = 1;
/** Of `AttributeProto.AttributeType`. */
const ATTRIBUTE_KINDS = { float: 1, int: 2, text: 3 } as const;

/**
 * Reads an `.onnx` file that is not trusted. What our graphs never have, such as subgraphs, functions, metadata
 * and sparse tensors, is no field that it knows. Throws an Error that says what is wrong.
 */
export function readGraph(file: Uint8Array): OnnxModel {
  let [irVersion, producer] = [0, ''];
  const opsets: { domain: string; version: number }[] = [];
  let graph: Pick<OnnxModel, 'name' | 'graph' | 'stored'> | undefined;
  readMessage(file, {
    once: {
      1: integer((value) => {
        irVersion = value;
      }),
      2: text((value) => {
        producer = value;
      }),
      7: bytes((value) => {
        graph = readGraphMessage(value);
      }),
    },
    repeated: { 8: bytes((value) => opsets.push(readOpset(value))) },
  });
  if (!graph) throw new Error('it has no graph');
  return { irVersion, producer, opsets, ...graph };
}

function readOpset(message: Uint8Array): { domain: string; version: number } {
  let [domain, version] = ['', 0];
  readMessage(message, {
    once: {
      1: text((value) => {
        domain = value;
      }),
      2: integer((value) => {
        version = value;
      }),
    },
  });
  return { domain, version };
}

function readGraphMessage(message: Uint8Array): Pick<OnnxModel, 'name' | 'graph' | 'stored'> {
  const nodes: GraphNode[] = [];
  const constants: GraphConstant[] = [];
  const stored: StoredPlace[] = [];
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  let name = '';
  readMessage(message, {
    once: {
      2: text((value) => {
        name = value;
      }),
    },
    repeated: {
      1: bytes((value) => nodes.push(readNode(value))),
      5: bytes((value) => {
        const tensor = readTensor(value);
        if ('location' in tensor) stored.push(tensor);
        else constants.push(tensor);
      }),
      11: bytes((value) => inputs.push(readValue(value))),
      12: bytes((value) => outputs.push(readValue(value))),
    },
  });
  return { name, graph: { nodes, constants, inputs, outputs }, stored };
}

function readNode(message: Uint8Array): GraphNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: [string, Attribute][] = [];
  let [name, operator, domain] = ['', '', ''];
  readMessage(message, {
    once: {
      3: text((value) => {
        name = value;
      }),
      4: text((value) => {
        operator = value;
      }),
      7: text((value) => {
        domain = value;
      }),
    },
    repeated: {
      1: text((value) => inputs.push(value)),
      2: text((value) => outputs.push(value)),
      5: bytes((value) => attributes.push(readAttribute(value))),
    },
  });
  if (name !== outputs[0]) throw new Error(`the node ${name} is not named after its output`);
  if (new Set(attributes.map(([key]) => key)).size < attributes.length) throw new Error(`${name} repeats an attribute`);
  return {
    operator: domain === '' ? operator : `${domain}.${operator}`,
    inputs,
    outputs,
    attributes: Object.fromEntries(attributes),
  };
}

function readAttribute(message: Uint8Array): [name: string, attribute: Attribute] {
  let [name, kind] = ['', 0];
  const found: Attribute[] = [];
  readMessage(message, {
    once: {
      1: text((value) => {
        name = value;
      }),
      2: float((value) => found.push({ float: value })),
      3: integer((value) => found.push({ int: value })),
      4: text((value) => found.push({ text: value })),
      20: integer((value) => {
        kind = value;
      }),
    },
  });
  const [attribute, ...others] = found;
  if (!attribute || others.length > 0) throw new Error(`the attribute ${name} has ${found.length} values`);
  const isKind = Object.keys(attribute).every((key) => ATTRIBUTE_KINDS[key as keyof typeof ATTRIBUTE_KINDS] === kind);
  if (!isKind) throw new Error(`the attribute ${name} is not of its kind`);
  return [name, attribute];
}

function readTensor(message: Uint8Array): GraphConstant | StoredPlace {
  const shape: number[] = [];
  const entries: [string, string][] = [];
  let [name, type, location] = ['', 0, 0];
  let raw: Uint8Array | undefined;
  readMessage(message, {
    once: {
      2: integer((value) => {
        type = value;
      }),
      8: text((value) => {
        name = value;
      }),
      9: bytes((value) => {
        raw = value;
      }),
      14: integer((value) => {
        location = value;
      }),
    },
    repeated: {
      1: integers((value) => pushAxis(shape, value)),
      13: bytes((value) => entries.push(readEntry(value))),
    },
  });
  const tensor = { name, type: elementType(type, name), shape };
  if (location === EXTERNAL) {
    if (raw) throw new Error(`${name} has its bytes in two places`);
    return { ...tensor, ...placeOf(name, entries) };
  }
  if (location !== 0 || entries.length > 0 || !raw) throw new Error(`${name} has no bytes`);
  if (raw.length > LARGEST_CONSTANT) throw new Error(`${name} has more than ${LARGEST_CONSTANT} bytes in the graph`);
  return { ...tensor, bytes: [...raw] };
}

/** Bytes. The largest of ours is three whole numbers. */
const LARGEST_CONSTANT = 64;

const MOST_AXES = 8;

/** A key and its value. */
function readEntry(message: Uint8Array): [key: string, value: string] {
  let [key, value] = ['', ''];
  readMessage(message, {
    once: {
      1: text((found) => {
        key = found;
      }),
      2: text((found) => {
        value = found;
      }),
    },
  });
  return [key, value];
}

function placeOf(name: string, entries: readonly [string, string][]): Omit<StoredPlace, 'name' | 'type' | 'shape'> {
  const { location, offset, length, ...others } = Object.fromEntries(entries) as Record<string, string | undefined>;
  const isNumber = (value: string | undefined): value is string => /^(0|[1-9]\d{0,15})$/.test(value ?? '');
  if (entries.length !== 3 || Object.keys(others).length > 0 || !location || !isNumber(offset) || !isNumber(length)) {
    throw new Error(`${name} does not say where its bytes are`);
  }
  return { location, offset: Number(offset), bytes: Number(length) };
}

function readValue(message: Uint8Array): GraphValue {
  let name = '';
  let type: Omit<GraphValue, 'name'> | undefined;
  readMessage(message, {
    once: {
      1: text((value) => {
        name = value;
      }),
      2: bytes((value) => {
        type = readType(value);
      }),
    },
  });
  if (!type) throw new Error(`${name} has no type`);
  return { name, ...type };
}

function readType(message: Uint8Array): Omit<GraphValue, 'name'> {
  let type = 0;
  const shape: Axis[] = [];
  const readShape = (value: Uint8Array) =>
    readMessage(value, { repeated: { 1: bytes((axis) => pushAxis(shape, readAxis(axis))) } });
  const readTensorType = (value: Uint8Array) =>
    readMessage(value, {
      once: {
        1: integer((code) => {
          type = code;
        }),
        2: bytes(readShape),
      },
    });
  readMessage(message, { once: { 1: bytes(readTensorType) } });
  return { type: elementType(type, 'a value'), shape };
}

function pushAxis<T extends Axis>(shape: T[], axis: T): void {
  if (shape.length === MOST_AXES) throw new Error(`a shape has more than ${MOST_AXES} axes`);
  shape.push(axis);
}

function readAxis(message: Uint8Array): Axis {
  const found: Axis[] = [];
  readMessage(message, {
    once: { 1: integer((value) => found.push(value)), 2: text((value) => found.push(value)) },
  });
  const [axis, ...others] = found;
  if (axis === undefined || others.length > 0) throw new Error('an axis has no size');
  return axis;
}

function elementType(code: number, name: string): ElementType {
  const found = Object.entries(ELEMENT_TYPES).find(([, known]) => known === code);
  if (!found) throw new Error(`${name} is of the element type ${code}`);
  return found[0] as ElementType;
}
