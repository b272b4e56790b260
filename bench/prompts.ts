import { join } from 'node:path';
import { readRoutingData } from '../lib/data/read.ts';
import { Random } from '../lib/nn/random.ts';

export interface BenchPrompts {
  readonly texts: readonly string[];
  /** Where they come from, for the report. */
  readonly origin: string;
}

/** `count` prompts spread evenly over mixed-2024 in the folder `data`; made up where it is null. */
export async function readBenchPrompts(data: string | null, count: number): Promise<BenchPrompts> {
  if (data === null) return { texts: inventPrompts(count), origin: 'made-up text: no --data was given' };
  const { prompts } = await readRoutingData([join(data, 'mixed-2024', 'prompts.jsonl.gz')]);
  const texts = Array.from(
    { length: Math.min(count, prompts.length) },
    (_, index) => prompts[Math.floor((index * prompts.length) / count)] ?? '',
  );
  return { texts, origin: 'prompts of mixed-2024' };
}

const words = [
  ...['What', 'is', 'the', 'probability', 'that', 'a', 'train', 'travelling', 'at', '60 km/h', 'reaches'],
  ...['Zürich', 'before', '12:30', '?', 'Explain', 'step', 'by', 'step', ',', 'and', 'return', 'JSON', ':'],
  ...[
    '{"answer": 42}',
    'def',
    'solve(n):',
    '\n',
    'x_1 + 2*y = 7',
    'counterintuitively',
    '“quoted”',
    '日本語',
  ],
];

/** Texts of 5 to 400 words, most of them short, the same ones every time. */
function inventPrompts(count: number): string[] {
  const random = new Random(2024);
  return Array.from({ length: count }, () => {
    const length = Math.round(5 * 80 ** random.uniform());
    return Array.from({ length }, () => words[random.integer(words.length)]).join(' ');
  });
}

/** All distinct texts in an order shuffled by `random`, over and over: one comes again only long after it was answered. */
export function* endlessPrompts(texts: readonly string[], random: Random): Generator<string, never> {
  const shuffled = [...new Set(texts)].map((text) => ({ text, key: random.uniform() }));
  shuffled.sort((a, b) => a.key - b.key);
  for (;;) for (const { text } of shuffled) yield text;
}
