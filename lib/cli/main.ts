#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { codeOf } from '../errors.ts';
import { packageVersion } from '../version.ts';
import { compareCommand } from './compare.ts';
import { embedCommand } from './embed.ts';
import { evalCommand } from './eval.ts';
import { exportCommand } from './export.ts';
import { inspectCommand } from './inspect.ts';
import { modelsCommand } from './models.ts';
import { onboardCommand } from './onboard.ts';
import { quizCommand } from './quiz.ts';
import { refitCommand } from './refit.ts';
import { routeCommand } from './route.ts';
import { tasksCommand } from './tasks.ts';
import { trainCommand } from './train.ts';

/** Codes that mean the command was called wrongly: exit status 2. Every other failure is 1. */
const usageCodes: ReadonlySet<string> = new Set([
  'ERR_INVALID_ARGUMENT',
  'ERR_INVALID_PROMPT',
  'ERR_UNKNOWN_MODEL',
  'ERR_UNKNOWN_OPTION',
]);

function program(): Command {
  const root = new Command('pointsman')
    .description('In-process LLM prompt router: the cheapest model that is good enough, prompt by prompt.')
    .version(packageVersion())
    .showHelpAfterError('(run with --help for usage)');
  const commands = [
    routeCommand(),
    trainCommand(),
    onboardCommand(),
    quizCommand(),
    refitCommand(),
    modelsCommand(),
    tasksCommand(),
    evalCommand(),
    compareCommand(),
    embedCommand(),
    exportCommand(),
    inspectCommand(),
  ];
  for (const command of commands) {
    root.addCommand(command.exitOverride().showHelpAfterError('(run with --help for usage)'));
  }
  return root.exitOverride();
}

/** With --json the error is one JSON line on stderr, so that stdout holds results only. */
function reportError(error: unknown, json: boolean): void {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    json ? `${JSON.stringify({ error: { code, message } })}\n` : `pointsman: ${code}: ${message}\n`,
  );
  if (code === 'ERR_INTERNAL' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = usageCodes.has(code) ? 2 : 1;
}

try {
  await program().parseAsync();
} catch (error) {
  // Commander has printed its own message; help and version are not failures.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else reportError(error, process.argv.includes('--json'));
}
