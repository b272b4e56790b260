/** Encoder time for one text on one thread, against ONNX Runtime in fp32 with the same weights. */
import { parseArgs } from 'node:util';
import { openEngine } from '../bindings/engine.ts';
import { loadAddon } from '../bindings/load.ts';
import { findEncoder } from '../lib/artifact/encoder-files.ts';
import { renderTable } from '../lib/plain-table.ts';
import { interleave } from './interleave.ts';
import { cosine, OnnxEncoder } from './onnx-encoder.ts';

const lengths = [16, 64, 128, 256, 512];
const requiredCosine = 0.99999;

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, rounds: { type: 'string', default: '40' } },
});
const rounds = Number(values.rounds);

const { options } = await findEncoder(null, 512);
const engine = openEngine(options);
const onnx = await OnnxEncoder.open(options.config.replace(/\/config\.json$/, ''), 1);
const info = loadAddon().info();

const results = [];
for (const length of lengths) {
  const text = textOfTokens(length);
  const ids = engine.tokenize(text, 512);
  const [theirs] = await onnx.embed([ids]);
  const similarity = cosine(engine.embed([text]).embeddings, theirs ?? []);
  if (ids.length !== length || similarity < requiredCosine) {
    throw new Error(`${length} tokens: got ${ids.length} tokens and cosine ${similarity}: not timed`);
  }
  const timings = await interleave(
    { pointsman: () => engine.embed([text]), 'onnxruntime fp32': () => onnx.embed([ids]) },
    { rounds, warmup: 5 },
  );
  const ours = timings.pointsman?.median ?? Number.NaN;
  const peer = timings['onnxruntime fp32']?.median ?? Number.NaN;
  results.push({
    tokens: length,
    cosine: similarity,
    pointsmanMs: ours,
    onnxruntimeMs: peer,
    ratio: peer / ours,
  });
}
await onnx.close();
engine.dispose();

if (values.json) console.log(JSON.stringify({ cpu: info.cpu, isa: info.isa, rounds, results }, null, 2));
else {
  console.log(
    `${info.cpu}, isa ${info.isa}, one thread, medians of ${rounds} interleaved runs, tokenising included in ours`,
  );
  const rows = results.map(({ tokens, pointsmanMs, onnxruntimeMs, ratio }) => [
    String(tokens),
    pointsmanMs.toFixed(2),
    onnxruntimeMs.toFixed(2),
    `${ratio.toFixed(2)}x`,
  ]);
  console.log(renderTable(['tokens', 'pointsman ms', 'onnxruntime fp32 ms', 'ratio'], rows, [0, 1, 2, 3]));
}

/** A text of exactly `length` tokens, the two special ones included: each of these words is one token. */
function textOfTokens(length: number): string {
  const words = ['route', 'every', 'prompt', 'to', 'the', 'model', 'that', 'answers', 'it', 'well'];
  return Array.from({ length: length - 2 }, (_, index) => words[index % words.length]).join(' ');
}
