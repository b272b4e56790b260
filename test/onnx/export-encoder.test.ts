import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEncoder, findNativeEncoder } from '../../lib/artifact/encoder-files.ts';
import { exportOnnx } from '../../lib/onnx/export-encoder.ts';
import { OnnxSession } from '../../lib/onnx/onnx-session.ts';
import { openLaneEncoder } from '../../lib/pool/lane-encoder.ts';
import { lowestCosine } from '../support/cosine.ts';
import { exportDefaultEncoder } from '../support/exported-encoder.ts';
import { nativePrecision } from '../support/native-precision.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

const maxTokens = 64;
const texts = [
  'What is 2 + 2?',
  '',
  'word '.repeat(60),
  'Grüße aus 東京 👋',
  'Prove that e is irrational. '.repeat(9),
];

let folder: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder.clean());

/** Lowest cosine of an export's embeddings to the native ones. */
async function agreement(encoder: string): Promise<number> {
  const { options, dimension } = await findEncoder(encoder, maxTokens);
  const native = await openLaneEncoder((await findEncoder(null, maxTokens)).options);
  const expected = (await native.embed(texts)).embeddings;
  return lowestCosine((await (await openLaneEncoder(options)).embed(texts)).embeddings, expected, dimension);
}

describe('an exported encoder', () => {
  it('in int8 keeps a cosine of 0.97 to the native embeddings, and is not taken for its source', async () => {
    const { folder: encoder, clean } = await exportDefaultEncoder({ precision: 'int8' });
    expect(await agreement(encoder)).toBeGreaterThan(0.97);
    expect((await findEncoder(encoder, maxTokens)).sha256).not.toBe(
      (await findEncoder(null, maxTokens)).sha256,
    );
    clean();
  });

  it('in fp32 has the identity of its source, until its file or its tokeniser changes', async () => {
    const { folder: encoder, clean } = await exportDefaultEncoder();
    const source = (await findEncoder(null, maxTokens)).sha256;
    const identity = async () => (await findEncoder(encoder, maxTokens)).sha256;
    expect(await identity()).toBe(source);
    const model = join(encoder, 'onnx', 'model.onnx');
    const bytes = await readFile(model);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(model, bytes);
    expect(await identity()).not.toBe(source);
    clean();
  });

  it('takes int32 inputs where asked, and any order of sequences in them', async () => {
    const { folder: encoder, clean } = await exportDefaultEncoder({ inputs: 'int32' });
    expect(await agreement(encoder)).toBeGreaterThan(nativePrecision.cosine);
    const session = await OnnxSession.open(join(encoder, 'onnx', 'model.onnx'));
    const ids = Int32Array.of(101, 7592, 102, 0, 101, 7592, 2088, 102);
    const mask = Int32Array.of(1, 1, 1, 0, 1, 1, 1, 1);
    const batch = { rows: 2, length: 4, ids, mask };
    const { values, byToken, tokenEmbeddings } = await session.run(batch, true);
    expect({ size: values.length, byToken }).toEqual({ size: 2 * 4 * 384, byToken: true });
    expect(tokenEmbeddings).toHaveLength(2 * 4 * 384);
    expect(tokenEmbeddings?.slice(0, 384)).toEqual(tokenEmbeddings?.slice(4 * 384, 5 * 384)); // [CLS] at position 0
    expect(tokenEmbeddings).not.toEqual(values);
    expect(await session.run(batch)).toEqual({ values, byToken, tokenEmbeddings: null });
    await session.close();
    clean();
  });

  it('replaces an older export, and nothing else', async () => {
    const out = join(folder.path, 'again');
    expect(await exportOnnx({ out })).toBe(join(out, 'onnx', 'model.onnx'));
    await exportOnnx({ out, precision: 'int8' });
    expect((await findEncoder(out, maxTokens)).options).toMatchObject({
      model: join(out, 'onnx', 'model_quantized.onnx'),
    });
    const mine = join(folder.path, 'mine');
    await mkdir(mine);
    await expect(exportOnnx({ out: mine })).rejects.toMatchObject({
      code: 'ERR_IO',
      message: `${mine} exists and is not an exported encoder: choose another folder or remove it`,
    });
  });
});

describe('exporting', () => {
  /** The default encoder with another config.json. */
  async function editedEncoder(name: string, edit: Readonly<Record<string, unknown>>): Promise<string> {
    const path = join(folder.path, name);
    const { options } = await findNativeEncoder(null, maxTokens);
    await cp(dirname(options.config), path, { recursive: true });
    const config = JSON.parse(await readFile(options.config, 'utf8'));
    await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, ...edit }));
    return path;
  }

  it.each([
    [
      'another model type',
      { model_type: 'mpnet' },
      'ERR_UNSUPPORTED',
      /model_type "mpnet" \(only "bert" is implemented\)/,
    ],
    ['another activation', { hidden_act: 'relu' }, 'ERR_UNSUPPORTED', /hidden_act "relu" cannot be exported/],
    ['a layer too many', { num_hidden_layers: 7 }, 'ERR_CORRUPT_FILE', /no tensor encoder\.layer\.6\./],
    ['a missing size', { num_attention_heads: null }, 'ERR_CORRUPT_FILE', /num_attention_heads/],
  ])('refuses %s', async (what, edit, code, message) => {
    const encoder = await editedEncoder(what.replaceAll(' ', '-'), edit);
    await expect(exportOnnx({ encoder, out: join(folder.path, 'refused') })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
