import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OnnxSession } from '../../lib/onnx/onnx-session.ts';
import { temporaryFolder } from '../support/tiny-router.ts';
import { type TinyGraph, table, writeTinyGraph } from './tiny-graph.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeAll(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'tiny.onnx');
});
afterAll(() => folder.clean());

const batch = {
  rows: 2,
  length: 2,
  ids: Int32Array.of(0, 1, 2, 0),
  mask: Int32Array.of(1, 1, 1, 0),
};

async function answerOf(graph: TinyGraph) {
  writeTinyGraph(path, graph);
  const session = await OnnxSession.open(path);
  const { values, byToken } = await session.run(batch);
  await session.close();
  return { values: [...values], byToken };
}

const byToken = { values: [0, 1, 2, 0].flatMap((id) => table[id] ?? []), byToken: true };

describe('an ONNX session', () => {
  it.each<[string, TinyGraph]>([
    ['int64 inputs', {}],
    ['int32 inputs', { inputType: 'int32' }],
    ['token ids alone', { inputs: ['input_ids'] }],
    ['token types, in another order', { inputs: ['token_type_ids', 'attention_mask', 'input_ids'] }],
    ['a float16 output', { outputType: 'float16' }],
  ])('runs a graph with %s', async (_, graph) => {
    expect(await answerOf(graph)).toEqual(byToken);
  });

  it('takes the vectors of a graph that answers one per text', async () => {
    expect(await answerOf({ perText: true })).toEqual({
      values: [0, 2].flatMap((id) => table[id] ?? []),
      byToken: false,
    });
  });

  it.each<[string, TinyGraph, string]>([
    [
      'an input it cannot feed',
      { inputs: ['input_ids', 'position_ids'] },
      'the graph has an input "position_ids"; only input_ids, attention_mask, token_type_ids can be fed',
    ],
    [
      'inputs that are no integers',
      { maskType: 'float32' },
      'input "attention_mask" is float32, expected int32 or int64',
    ],
    [
      'outputs that are no vectors',
      { outputType: 'int32' },
      'none of the outputs (output) is float32 or float16 of shape [batch, length, dimension] or [batch, dimension]',
    ],
  ])('refuses a graph with %s', async (_, graph, message) => {
    writeTinyGraph(path, graph);
    await expect(OnnxSession.open(path)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: `${path}: ${message}`,
    });
  });

  it('refuses a file that is no ONNX graph', async () => {
    writeFileSync(path, 'not a graph');
    await expect(OnnxSession.open(path)).rejects.toMatchObject({
      code: 'ERR_CORRUPT_FILE',
      message: expect.stringContaining(`onnxruntime cannot open ${path}: `),
    });
  });
});
