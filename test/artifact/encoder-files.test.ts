import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEncoder } from '../../lib/artifact/encoder-files.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  write(
    'config.json',
    JSON.stringify({ model_type: 'roberta', hidden_size: 8, max_position_embeddings: 66, pad_token_id: 1 }),
  );
  write('tokenizer.json', '{}');
});
afterEach(() => folder.clean());

function write(name: string, content: string): void {
  mkdirSync(join(folder.path, name, '..'), { recursive: true });
  writeFileSync(join(folder.path, name), content);
}

describe('finding an encoder', () => {
  it('takes an ONNX file where there are no .safetensors, onnx/ before the folder itself', async () => {
    write('model.onnx', 'one');
    expect((await findEncoder(folder.path, 64)).options).toMatchObject({
      model: join(folder.path, 'model.onnx'),
    });
    write('onnx/model.onnx', 'two');
    expect((await findEncoder(folder.path, 64)).options).toEqual({
      kind: 'onnx',
      model: join(folder.path, 'onnx', 'model.onnx'),
      tokenizer: join(folder.path, 'tokenizer.json'),
      pooling: 'mean',
      normalize: true,
      maxTokens: 64,
      dimension: 8,
      padTokenId: 1,
    });
    write('model.safetensors', 'three');
    expect((await findEncoder(folder.path, 64)).options.kind).toBe('native');
    expect((await findEncoder(folder.path, 64, 'onnx')).options.kind).toBe('onnx');
  });

  it('reads cls pooling without normalisation from the files of sentence-transformers', async () => {
    write('model.onnx', 'one');
    write('1_Pooling/config.json', JSON.stringify({ pooling_mode_cls_token: true }));
    write('modules.json', JSON.stringify([{ type: 'sentence_transformers.models.Pooling' }]));
    expect((await findEncoder(folder.path, 64)).options).toMatchObject({ pooling: 'cls', normalize: false });
  });

  it('gives another identity where the ONNX file, its external data or the tokeniser is another', async () => {
    const identities = new Set<string>();
    const change = async (name: string, content: string) => {
      write(name, content);
      identities.add((await findEncoder(folder.path, 64)).sha256);
    };
    await change('onnx/model.onnx', 'one');
    await change('onnx/model.onnx', 'two');
    await change('onnx/model.onnx_data', 'weights');
    await change('onnx/model.onnx_data', 'other weights');
    await change('tokenizer.json', '{ }');
    expect(identities.size).toBe(5);
  });

  it('refuses several ONNX files of which none is model.onnx', async () => {
    write('onnx/model_fp16.onnx', 'one');
    write('onnx/model_q4.onnx', 'two');
    await expect(findEncoder(folder.path, 64)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringMatching(/holds several ONNX files \(model_.*\): name one model\.onnx/),
    });
  });

  it('refuses more tokens than the encoder has positions for', async () => {
    write('model.onnx', 'one');
    await expect(findEncoder(folder.path, 65)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'maxTokens is 65, this encoder has positions for 64 tokens',
    });
  });
});
