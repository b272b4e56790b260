import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const sets = ['mixed-2024', 'routellm', 'ulab-llmrouter'];

/** `count` real prompts spread evenly over three routing data sets in `folder`: exam questions, code, puzzles, chats. */
export function readRealPrompts(folder: string, count: number): string[] {
  return sets.flatMap((set, i) => {
    const share = Math.floor((count * (i + 1)) / sets.length) - Math.floor((count * i) / sets.length);
    const lines = gunzipSync(readFileSync(join(folder, set, 'prompts.jsonl.gz')))
      .toString('utf8')
      .trim()
      .split('\n');
    return Array.from({ length: share }, (_, j) => {
      const line = lines[Math.floor((j * lines.length) / share)] ?? '';
      return (JSON.parse(line) as { prompt: string }).prompt;
    });
  });
}
