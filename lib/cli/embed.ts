import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { defaultMaxTokens, findEncoder } from '../artifact/encoder-files.ts';
import { checkPrompt } from '../check-prompt.ts';
import { PointsmanError } from '../errors.ts';
import type { Backend } from '../options.ts';
import { physicalCores } from '../pool/cores.ts';
import { Lanes } from '../pool/lanes.ts';
import { embedPrompts } from '../train/embed-prompts.ts';
import { backendOption, parseNumber, readTextArgument } from './arguments.ts';
import { Progress, printResult } from './output.ts';

interface EmbedFlags {
  readonly input?: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly maxTokens: number;
  readonly json?: boolean;
}

export function embedCommand(): Command {
  return new Command('embed')
    .description('print the embedding of a text, or of every line of a file')
    .argument('[text]', 'the text, or - to read it from standard input')
    .option('-i, --input <file>', 'embed each non-empty line of this file')
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .option(
      '--max-tokens <n>',
      'tokens read of each text, special ones included',
      parseNumber,
      defaultMaxTokens,
    )
    .option('--json', 'print {text, embedding} objects, one a line')
    .action(async (argument: string | undefined, flags: EmbedFlags) => {
      const texts = await readTexts(argument, flags.input);
      const rows = await embedAll(texts, flags);
      for (const [index, text] of texts.entries()) {
        const embedding = Array.from(rows[index] ?? []);
        if (flags.json) printResult(JSON.stringify({ text, embedding }));
        else printResult(embedding.map((value) => value.toFixed(7)).join(' '));
      }
    });
}

async function readTexts(argument: string | undefined, input: string | undefined): Promise<string[]> {
  if ((argument === undefined) === (input === undefined)) {
    throw new PointsmanError('ERR_INVALID_ARGUMENT', 'give either a text or --input <file>');
  }
  if (argument !== undefined) return [checked(await readTextArgument(argument), 'text')];
  const path = input ?? '';
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PointsmanError('ERR_FILE_NOT_FOUND', `cannot read ${path}`, { cause });
  });
  return content.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function checked(text: string, name: string): string {
  checkPrompt(text, name);
  return text;
}

async function embedAll(texts: readonly string[], flags: EmbedFlags): Promise<Float32Array[]> {
  const encoder = await findEncoder(flags.encoder ?? null, flags.maxTokens, flags.backend);
  const lanes = await Lanes.start(
    { encoder: encoder.options, headId: null },
    Math.min(physicalCores(), texts.length),
  );
  const progress = new Progress();
  try {
    const { embeddings, dimension } = await embedPrompts(lanes, texts, {
      maxTokens: flags.maxTokens,
      blocks: [encoder.dimension],
      onProgress: (done, total) => progress.update('embedding', done, total),
    });
    return texts.map((_, index) => embeddings.subarray(index * dimension, (index + 1) * dimension));
  } finally {
    progress.done();
    await lanes.close();
  }
}
