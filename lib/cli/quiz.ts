import { Command, Option } from 'commander';
import { type QuizMethod, quizMethods } from '../onboard/quiz-methods.ts';
import type { Backend } from '../options.ts';
import type { MakeQuizOptions, Quiz } from '../train/make-quiz.ts';
import { backendOption, parseNumber } from './arguments.ts';
import { Progress, printJson, printResult } from './output.ts';

interface QuizFlags {
  readonly router: string;
  readonly data?: readonly string[];
  readonly size: number;
  readonly method: QuizMethod;
  readonly out: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly seed: number;
  readonly cache: boolean;
  readonly json?: boolean;
}

export function quizCommand(): Command {
  return new Command('quiz')
    .description(
      'pick the prompts that tell most of a new model, to run it on and add it with "onboard --quiz"',
    )
    .requiredOption('-r, --router <dir>', 'router folder, of kind irt')
    .option(
      '-d, --data <file...>',
      'prompts to pick from: JSONL (scores may be missing), CSV (each also .gz) or Parquet (default: those in the router)',
    )
    .option('--size <n>', 'prompts of the quiz', parseNumber, 30)
    .addOption(
      new Option(
        '--method <name>',
        'by expected information, or by difficulty and discrimination (LLM Bandit)',
      )
        .choices(quizMethods)
        .default('information'),
    )
    .requiredOption('-o, --out <file>', 'JSON Lines file to write')
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .option('-s, --seed <n>', 'same seed, same quiz', parseNumber, 0)
    .option('--no-cache', 'do not keep embeddings on disk')
    .option('--json', 'print what was picked as JSON')
    .action(async ({ json, ...flags }: QuizFlags) => {
      const { makeQuiz } = await import('../train/make-quiz.ts'); // data readers: not for every command
      const progress = new Progress();
      const options: MakeQuizOptions = {
        ...flags,
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      };
      const quiz = await makeQuiz(options).finally(() => progress.done());
      if (json) printJson({ ...quiz, out: flags.out });
      else printResult(render(quiz, flags));
    });
}

function render({ prompts, bank, difficulty }: Quiz, { router, out }: QuizFlags): string {
  const sorted = [...difficulty].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.round(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return [
    `${prompts} of ${bank} prompts written to ${out}`,
    `the router's models are expected to score ${at(0)} on the hardest, ${at(0.5)} in the middle, ${at(1)} on the easiest`,
    '',
    'Run the new model on each prompt and add its score, 0 to 1, to "scores" under its id. Then:',
    `pointsman onboard --router ${router} --quiz ${out} --model <id> --models <models.json> --out <dir>`,
  ].join('\n');
}
