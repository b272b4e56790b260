// Makes native objects again and again and prints how the process grew. Argument: what to do.
import { setImmediate } from 'node:timers/promises';
import { addon, encoder, question } from './setup.mjs';

// One array for all heads: its own garbage would make the collector run and hide what the heads weigh.
const scores = new Float32Array(1 << 20).fill(0.5); // 4 MiB

function makeHead() {
  return new addon.Head({ kind: 'constant', scores });
}

const cases = {
  async disposedHeads(rounds) {
    for (let round = 0; round < rounds; ++round) makeHead().dispose();
  },
  async disposedEngines(rounds) {
    for (let round = 0; round < rounds; ++round) {
      const engine = new addon.Engine(encoder);
      engine.embed([question]);
      engine.dispose();
    }
  },
  /** Nobody disposes and nobody calls gc(): the collector has to know what the wrappers weigh. */
  async abandonedHeads(rounds) {
    for (let round = 0; round < rounds; ++round) {
      makeHead();
      await setImmediate();
    }
  },
  async results(rounds) {
    const engine = new addon.Engine(encoder);
    for (let round = 0; round < rounds; ++round) {
      engine.embed([question]);
      engine.tokenize(question, 32);
      engine.countTokens(question, 32);
    }
    engine.dispose();
  },
  async errors(rounds) {
    for (let round = 0; round < rounds; ++round) {
      try {
        new addon.Head({
          kind: 'linear',
          dimension: 8,
          weight: new Float32Array(3),
          bias: new Float32Array(1),
        });
      } catch {}
    }
  },
};

async function collect() {
  for (let round = 0; round < 5; ++round) {
    globalThis.gc();
    await setImmediate();
  }
}

const [, , name, warmUp, rounds] = process.argv;
await cases[name](Number(warmUp));
await collect();
const before = process.memoryUsage.rss();
await cases[name](Number(rounds));
const grownUncollected = process.memoryUsage.rss() - before;
await collect();
const { sharedEncoders, sharedHeads } = addon.info();
const grown = process.memoryUsage.rss() - before;
console.log(JSON.stringify({ grownUncollected, grown, sharedEncoders, sharedHeads }));
