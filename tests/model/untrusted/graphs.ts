import { createRequire } from 'node:module';
import type { onnx } from 'onnx-proto';
import { cut, flip } from './bytes';
import { type Corruption, type Folder, numbers, WEIGHTS, WEIGHTS_GRAPH } from './folder';

const proto = (createRequire(import.meta.url)('onnx-proto') as typeof import('onnx-proto')).onnx;
const MODEL_GRAPH = 'model.onnx';

type Edit = (graph: onnx.GraphProto, model: onnx.ModelProto) => void;

/** Flips and cuts in the graphs that change what they mean, with lengths and sums set right. */
export function flippedGraphs({ files }: Folder): Corruption[] {
  return [MODEL_GRAPH, WEIGHTS_GRAPH].flatMap((path) => {
    const random = numbers(path.length);
    const { length } = files.get(path)!;
    return [
      ...Array.from({ length: 250 }, () => flip(path, random(length), random(8), 'set right')),
      ...Array.from({ length: 40 }, () => cut(path, random(length), 'set right')),
    ];
  });
}

/** Graphs that an ONNX library can write, and that are not ours. */
export function wrongGraphs(): Corruption[] {
  const both = Object.entries(EDITS).flatMap(([name, edit]) =>
    [MODEL_GRAPH, WEIGHTS_GRAPH].map((path) => edited(`${path}: ${name}`, path, edit)),
  );
  const network = Object.entries(NETWORK_EDITS).map(([name, edit]) => edited(name, MODEL_GRAPH, edit));
  const operators = FOREIGN.map((operator) =>
    edited(`the operator ${operator}`, MODEL_GRAPH, ({ node }) => {
      node[3]!.opType = operator;
    }),
  );
  const random = numbers(3);
  const wiring = Array.from({ length: 60 }, (_, index) =>
    edited(`wiring ${index}`, MODEL_GRAPH, ({ node }) => {
      const [one, other] = [node[random(node.length)]!, node[random(node.length)]!];
      const [input, output] = [random(one.input!.length), other.output![0]!];
      one.input![input] = one.input![input] === output ? 'ids' : output;
    }),
  );
  return [...both, ...network, ...operators, ...wiring, ...rawGraphs()];
}

/** Operators that read files, run other code, loop, or make much of little. */
const FOREIGN = [
  'If',
  'Loop',
  'Scan',
  'SequenceMap',
  'Expand',
  'Tile',
  'Range',
  'ConstantOfShape',
  'RandomNormal',
  'Pad',
  'Resize',
  'Optional',
  'StringNormalizer',
  'PyOp',
  'EPContext',
  'constructor',
  '__proto__',
  '',
  'x'.repeat(1e5),
];

/** Numbers that a place or a shape may be said to have. */
const PLACES = [
  '-1',
  '1',
  '2',
  '-0',
  '+4',
  '0x10',
  '1e3',
  ' 4',
  '',
  'NaN',
  '9007199254740993',
  '9'.repeat(400),
  '1048576',
];

const place = (tensor: onnx.ITensorProto, key: string) => tensor.externalData!.find((entry) => entry.key === key)!;

/** Of either graph. Each is about the tensors, or about the file. */
const EDITS: Readonly<Record<string, Edit>> = {
  'a tensor twice': ({ initializer }) => void initializer.splice(1, 0, initializer[0]!),
  'a tensor less': ({ initializer }) => void initializer.splice(2, 1),
  'no tensors': ({ initializer }) => void initializer.splice(0),
  'two tensors swapped': ({ initializer }) => void initializer.push(...initializer.splice(0, 1)),
  'a tensor renamed': ({ initializer }) => {
    initializer[1]!.name = 'other';
  },
  'a tensor named __proto__': ({ initializer }) => {
    initializer[1]!.name = '__proto__';
  },
  'two names swapped': ({ initializer: [one, , other] }) => {
    [one!.name, other!.name] = [other!.name!, one!.name!];
  },
  'a tensor over another': ({ initializer }) => {
    place(initializer[1]!, 'offset').value = place(initializer[0]!, 'offset').value!;
  },
  'a tensor past the end': ({ initializer }) => {
    place(initializer[3]!, 'offset').value = '4000000000';
  },
  'a length too much': ({ initializer }) => {
    place(initializer[0]!, 'length').value += '0';
  },
  'a key twice': ({ initializer }) => void initializer[0]!.externalData!.push(initializer[0]!.externalData![1]!),
  'a key more': ({ initializer }) => void initializer[0]!.externalData!.push({ key: 'checksum', value: '0' }),
  'a key less': ({ initializer }) => void initializer[0]!.externalData!.pop(),
  'bytes in two places': ({ initializer }) => {
    initializer[0]!.rawData = new Uint8Array(4);
  },
  'floats in the graph': ({ initializer }) => {
    initializer[0]!.floatData = [1, 2, 3];
  },
  'no place': ({ initializer }) => {
    initializer[0]!.dataLocation = 0;
  },
  'a large constant': ({ initializer }) => {
    initializer.push(proto.TensorProto.create({ name: 'c', dataType: 1, dims: [2500], rawData: new Uint8Array(1e4) }));
  },
  'another element type': ({ initializer }) => {
    initializer[0]!.dataType = 7;
  },
  'an unknown element type': ({ initializer }) => {
    initializer[0]!.dataType = 8;
  },
  'a huge axis': ({ initializer }) => {
    initializer[0]!.dims = [2 ** 31, 2 ** 31];
  },
  'a negative axis': ({ initializer }) => {
    initializer[0]!.dims = [-1, -400];
  },
  'no axes': ({ initializer }) => {
    initializer[0]!.dims = [];
  },
  'a thousand axes': ({ initializer }) => {
    initializer[0]!.dims = Array(1000).fill(1);
  },
  'an output more': ({ output }) => void output.push(output[0]!),
  'an output less': ({ output }) => void output.pop(),
  'an output renamed': ({ output }) => {
    output[0]!.name = 'other';
  },
  'a huge output': ({ output }) => {
    output[0]!.type!.tensorType!.shape!.dim![0] = { dimValue: 2 ** 40 };
  },
  'an input more': ({ input }) => void input.push(proto.ValueInfoProto.create({ name: 'x' })),
  'a subgraph': ({ node }) => {
    const g = proto.GraphProto.create({ name: 'inner' });
    node.push(
      proto.NodeProto.create({ opType: 'If', output: ['y'], attribute: [{ name: 'then_branch', type: 5, g }] }),
    );
  },
  'a node more': ({ node }) => {
    node.push(proto.NodeProto.create({ name: 'y', opType: 'Identity', input: ['embedding.weight.q8'], output: ['y'] }));
  },
  'a thousand nodes more': ({ node }) => {
    for (let i = 0; i < 1000; i++)
      node.push(proto.NodeProto.create({ name: `n${i}`, opType: 'Add', output: [`n${i}`] }));
  },
  'a long text about it': (graph) => {
    graph.docString = 'x'.repeat(1e6);
  },
  'a short text about it': (graph) => {
    graph.docString = 'x';
  },
  'another name': (graph) => {
    graph.name = 'x'.repeat(1000);
  },
  'a sparse tensor': (graph) => {
    graph.sparseInitializer = [proto.SparseTensorProto.create({ dims: [2 ** 30] })];
  },
  'shapes within': (graph) => {
    graph.valueInfo = [proto.ValueInfoProto.create({ name: 'x' })];
  },
  quantisation: (graph) => {
    graph.quantizationAnnotation = [proto.TensorAnnotation.create({ tensorName: 'x' })];
  },
  metadata: (_, model) => {
    model.metadataProps = [{ key: 'k', value: 'v' }];
  },
  'a function': (_, model) => {
    model.functions = [proto.FunctionProto.create({ name: 'f', domain: 'd' })];
  },
  training: (_, model) => {
    model.trainingInfo = [proto.TrainingInfoProto.create({})];
  },
  'another producer': (_, model) => {
    model.producerName = 'x'.repeat(1e5);
  },
  'a version of the model': (_, model) => {
    model.modelVersion = 5;
  },
  'IR of the future': (_, model) => {
    model.irVersion = 99;
  },
  'IR of the past': (_, model) => {
    model.irVersion = 1;
  },
  'an opset of the future': (_, model) => {
    model.opsetImport[0]!.version = 99;
  },
  'an opset more': (_, model) => void model.opsetImport.push({ domain: 'ai.onnx.ml', version: 3 }),
  'no opsets': (_, model) => {
    model.opsetImport = [];
  },
  ...Object.fromEntries(
    ['offset', 'length'].flatMap((key) =>
      PLACES.map((value): [string, Edit] => [
        `${key} ${value.slice(0, 20)}`,
        ({ initializer }) => {
          place(initializer[2]!, key).value = value;
        },
      ]),
    ),
  ),
  ...Object.fromEntries(
    ['', '.', '../weights.bin', '/etc/passwd', `./${WEIGHTS}`, 'other.bin', '__proto__', 'x'.repeat(1e5)].map(
      (location): [string, Edit] => [
        `location ${location.slice(0, 20)}`,
        ({ initializer }) => {
          place(initializer[0]!, 'location').value = location;
        },
      ],
    ),
  ),
};

/** Of the network's. */
const NETWORK_EDITS: Readonly<Record<string, Edit>> = {
  'a node less': ({ node }) => void node.splice(5, 1),
  'two nodes swapped': ({ node }) => void node.push(...node.splice(0, 1)),
  'another domain': ({ node }) => {
    node[2]!.domain = 'com.microsoft';
  },
  'an attribute more': ({ node }) => void node[2]!.attribute!.push({ name: 'x', type: 2, i: 1 }),
  'a text about a node': ({ node }) => {
    node[2]!.docString = 'x';
  },
  'another name of a node': ({ node }) => {
    node[2]!.name = 'x';
  },
  'an input of a node more': ({ node }) => void node[2]!.input!.push('ids'),
  'a node that feeds itself': ({ node }) => {
    node[2]!.input![0] = node[2]!.output![0]!;
  },
  'two nodes of one output': ({ node }) => {
    node[3]!.output![0] = node[2]!.output![0]!;
  },
  'an input of another type': ({ input }) => {
    input[0]!.type!.tensorType!.elemType = 1;
  },
  'an input less': ({ input }) => void input.pop(),
  'an input of another shape': ({ input }) => {
    input[1]!.type!.tensorType!.shape!.dim![1] = { dimValue: 2 ** 30 };
  },
  'an input of a free shape': ({ input }) => {
    input[1]!.type!.tensorType!.shape!.dim![1] = { dimParam: 'rows' };
  },
  'a constant of other numbers': ({ initializer }) => {
    const constant = initializer.find(({ name }) => name === 'shape.rows')!;
    constant.rawData = new Uint8Array(BigInt64Array.of(-1n, 1n << 40n).buffer);
  },
  'a constant less': ({ initializer }) => void initializer.pop(),
  'heads without end': ({ node }) => {
    const attention = node.find(({ opType }) => opType === 'MultiHeadAttention')!;
    attention.attribute![0]!.i = 2 ** 31;
  },
};

function edited(name: string, path: string, edit: Edit): Corruption {
  return {
    name,
    sums: 'set right',
    corrupt({ files }) {
      const model = proto.ModelProto.decode(files.get(path)!);
      edit(model.graph as onnx.GraphProto, model);
      files.set(path, proto.ModelProto.encode(model).finish());
    },
  };
}

/** Bytes that are no graph, or that readers take in different ways. */
function rawGraphs(): Corruption[] {
  const bytes: Readonly<Record<string, (file: Uint8Array) => Uint8Array>> = {
    'the file twice': (file) => Buffer.concat([file, file]),
    'an empty graph after it': (file) => Buffer.concat([file, Uint8Array.of(0x3a, 0)]),
    'an unknown field': (file) => Buffer.concat([file, Uint8Array.of(0xfa, 0x3f, 1, 0)]),
    'a group without end': (file) => Buffer.concat([file, Uint8Array.of(0x0b)]),
    'ten thousand groups': () => new Uint8Array(10_000).fill(0x0b),
    'fields without end': () => new Uint8Array(60_000).fill(0x42).map((byte, at) => (at % 2 === 0 ? byte : 0)),
    'lengths beyond the end': () => Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f),
    'a number without end': () => new Uint8Array(100).fill(0xff),
    'a field numbered 0': (file) => Buffer.concat([file, Uint8Array.of(0, 0)]),
    noise: () => Uint8Array.from({ length: 5000 }, (_, at) => (at * at * 31 + at * 7) % 256),
    'a page': () => new TextEncoder().encode('<!doctype html>'),
  };
  return [MODEL_GRAPH, WEIGHTS_GRAPH].flatMap((path) =>
    Object.entries(bytes).map(([name, change]): Corruption => {
      const corrupt = ({ files }: Folder) => files.set(path, change(files.get(path)!));
      return { name: `${path}: ${name}`, sums: 'set right', corrupt };
    }),
  );
}
