import { resolve, sep } from 'node:path';
import { type Command, Option } from 'commander';
import type { Backend } from '../options.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import type { RowChoice } from '../train/choose-rows.ts';
import { backendOption, parseNumber } from './arguments.ts';

/** Flags of every command that holds routers against measured prompts. */
export interface EvaluationFlags {
  readonly data: readonly string[];
  readonly rows: RowChoice;
  readonly models?: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly policy: SweptPolicyKind;
  readonly resamples: number;
  readonly cache: boolean;
  readonly csv?: string;
  readonly html?: string;
  readonly json?: boolean;
}

export function addEvaluationOptions(command: Command): Command {
  return command
    .requiredOption('-d, --data <file...>', 'JSONL, CSV (each also .gz) or Parquet')
    .addOption(
      new Option('--rows <which>', 'auto: the test rows where this is the training data, else all')
        .choices(['auto', 'all', 'test'])
        .default('auto'),
    )
    .option('-m, --models <file>', "models.json with prices (default: the router's own prices)")
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .addOption(
      new Option('--policy <kind>', 'policy of the headline figures')
        .choices(['utility', 'tolerance'])
        .default('utility'),
    )
    .option('--resamples <n>', 'bootstrap resamples for the intervals, 0 for none', parseNumber, 1000)
    .option('--no-cache', 'do not keep embeddings on disk')
    .option('--csv <file>', 'write every figure with its interval as CSV')
    .option('--html <file>', 'write a report as one HTML page that loads nothing')
    .option('--json', 'print everything, the curve included, as JSON');
}

/** A data file's name with its folder's, which often is the set's: "mixed-2024/prompts.jsonl.gz". */
export function dataName(path: string): string {
  const [folder, file] = resolve(path).split(sep).slice(-2);
  return [folder, file].filter((part) => part !== undefined && part !== '').join('/');
}
