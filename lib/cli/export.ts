import { Command, Option } from 'commander';
import { PointsmanError } from '../errors.ts';
import { printJson, printResult } from './output.ts';

interface ExportFlags {
  readonly onnx?: boolean;
  readonly encoder?: string;
  readonly out: string;
  readonly precision: 'fp32' | 'int8';
  readonly inputs: 'int32' | 'int64';
  readonly json?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .description('write an encoder in another format')
    .option('--onnx', 'as an ONNX graph, in the layout that transformers.js and the back end "onnx" open')
    .option('--encoder <dir>', 'BERT encoder folder (default: the installed all-MiniLM-L6-v2)')
    .requiredOption('-o, --out <dir>', 'folder to write; an older export there is replaced')
    .addOption(
      new Option('--precision <format>', 'of the matrix products').choices(['fp32', 'int8']).default('fp32'),
    )
    .addOption(new Option('--inputs <type>', 'of the graph').choices(['int32', 'int64']).default('int64'))
    .option('--json', 'print as JSON')
    .action(async (flags: ExportFlags) => {
      if (!flags.onnx) throw new PointsmanError('ERR_INVALID_ARGUMENT', 'name the format to write: --onnx');
      const { exportOnnx } = await import('../onnx/export-encoder.ts');
      const { json = false, onnx: _, ...options } = flags;
      const model = await exportOnnx(options);
      if (json) printJson({ model });
      else printResult(`written to ${model}`);
    });
}
