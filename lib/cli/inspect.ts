import { Command } from 'commander';
import type { NativeGpu } from '../../bindings/addon.ts';
import { loadAddon, loadedAddonPath } from '../../bindings/load.ts';
import { readArtifact } from '../artifact/artifact.ts';
import { defaultMaxTokens, findEncoder } from '../artifact/encoder-files.ts';
import type { ModelCost, PerTokenCost } from '../cost/model-cost.ts';
import type { PriceSource, PriceTier } from '../cost/price.ts';
import { renderPolicyNetwork } from '../evaluate/render-policy-network.ts';
import type { Backend } from '../options.ts';
import { renderTable } from '../plain-table.ts';
import { embeddingAlone } from '../pool/features.ts';
import { defaultRouterFolder } from '../router.ts';
import { packageVersion } from '../version.ts';
import { backendOption } from './arguments.ts';
import { formatUsd, printJson, printResult } from './output.ts';

interface InspectFlags {
  readonly router?: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly json?: boolean;
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('print versions, instruction set, GPU, encoder, router and which binary was loaded')
    .option('-r, --router <dir>', 'router folder (default: the one that ships)')
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .option('--json', 'print as JSON')
    .action(async (flags: InspectFlags) => {
      const report = await inspect(flags);
      if (flags.json) printJson(report);
      else printResult(render(report));
    });
}

async function inspect(flags: InspectFlags) {
  const info = loadAddon().info();
  const routerFolder = flags.router ?? defaultRouterFolder();
  const { manifest } = await readArtifact(routerFolder);
  const encoder = await findEncoder(
    flags.encoder ?? null,
    manifest.encoder.maxTokens ?? defaultMaxTokens,
    flags.backend,
  );
  return {
    pointsman: packageVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    addon: {
      path: loadedAddonPath(),
      version: info.version,
      compiler: info.compiler,
      buildType: info.buildType,
    },
    cpu: info.cpu,
    isa: {
      used: info.isa,
      operands: info.operands,
      available: info.isaAvailable,
      compiled: info.isaCompiled,
    },
    gpu: info.gpu,
    encoder: {
      name: encoder.name,
      sha256: encoder.sha256,
      dimension: encoder.dimension,
      backend: encoder.options.kind,
      file: encoder.options.kind === 'native' ? encoder.options.weights : encoder.options.model,
      pooling: manifest.encoder.pooling,
      maxTokens: manifest.encoder.maxTokens,
      view: manifest.encoder.view ?? 'head',
      features: manifest.encoder.features ?? embeddingAlone,
    },
    router: {
      folder: routerFolder,
      estimator: manifest.estimator.kind,
      models: manifest.models.length,
      createdAt: manifest.createdAt,
      createdBy: manifest.createdBy,
      matchesEncoder: manifest.encoder.sha256 === encoder.sha256,
      defaultPolicy: manifest.defaults.policy,
      policyNetwork: manifest.policyNetwork ?? null,
    },
    costs: manifest.models.map(({ id, cost }) => ({ model: id, ...cost })),
  };
}

function render(report: Awaited<ReturnType<typeof inspect>>): string {
  const { addon, isa, gpu, encoder, router } = report;
  const lines: readonly (readonly [string, string])[] = [
    ['pointsman', `${report.pointsman} on Node ${report.node}, ${report.platform}`],
    ['addon', `${addon.path} (${addon.compiler}, ${addon.buildType})`],
    ['cpu', report.cpu],
    [
      'isa',
      `${isa.used}, ${isa.operands} (available: ${isa.available.join(', ')}; compiled: ${isa.compiled.join(', ')})`,
    ],
    ['gpu', describeGpu(gpu)],
    [
      'encoder',
      `${encoder.name}, ${encoder.dimension} dimensions, ${encoder.maxTokens} tokens (${encoder.view}), ${encoder.pooling} pooling`,
    ],
    ['', `features: ${encoder.features.join(', ')}`],
    ['', `${encoder.file} (${encoder.backend}, ${encoder.sha256.slice(0, 12)})`],
    ['router', `${router.folder}: ${router.estimator}, ${router.models} models, ${router.createdAt}`],
    ...(router.policyNetwork === null ? [] : [['', renderPolicyNetwork(router.policyNetwork)] as const]),
    ['', router.matchesEncoder ? 'trained on this encoder' : 'trained on ANOTHER encoder: it will not load'],
  ];
  const facts = lines.map(([name, text]) => `${name.padEnd(10)} ${text}`).join('\n');
  return `${facts}\n\n${renderCosts(report.costs)}`;
}

function describeGpu(gpu: NativeGpu): string {
  if (!gpu.available) return `none: ${gpu.reason}`;
  const memory = `${(gpu.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  return `${gpu.name} (compute ${gpu.computeCapability}, ${memory}, driver for CUDA ${gpu.driverCuda}; ${gpu.library})`;
}

type ReportedCost = ModelCost & { readonly model: string };

/** What requests are charged, and who says so. */
function renderCosts(costs: readonly ReportedCost[]): string {
  const head = ['model', 'input', 'cached', 'output', 'answer', 'source'];
  return `USD per 1M tokens\n${renderTable(head, costs.map(costRow), [1, 2, 3])}`;
}

function costRow(cost: ReportedCost): string[] {
  if (cost.kind === 'per-request') {
    const mean = `${formatUsd(cost.meanUsd)} a request`;
    return [cost.model, '', '', '', cost.predictedNanoUsd ? 'cost by the prompt' : mean, 'measured'];
  }
  const { inputPer1M, cachedInputPer1M, outputPer1M, tiers = [] } = cost;
  return [
    cost.model,
    String(inputPer1M),
    cachedInputPer1M === undefined ? '' : String(cachedInputPer1M),
    String(outputPer1M),
    describeAnswer(cost),
    `${describeSource(cost.priceSource)}${tiers.map(describeTier).join('')}`,
  ];
}

function describeAnswer({
  predictedOutput,
  meanOutputTokens,
  reasoningTokensPerAnswer,
}: PerTokenCost): string {
  const thinking = reasoningTokensPerAnswer ? `, and ${reasoningTokensPerAnswer} to think` : '';
  if (predictedOutput !== undefined) return `tokens by the prompt${thinking}`;
  return meanOutputTokens === null
    ? `tokens not known${thinking}`
    : `${meanOutputTokens.toFixed(0)} tokens${thinking}`;
}

function describeSource(source: PriceSource | undefined): string {
  if (source === undefined) return 'not recorded';
  if (source.kind === 'user') return source.note ?? 'stated by the user';
  const { version, asOf, provider, model, own = [] } = source;
  const stated = own.length === 0 ? '' : ` (by the user: ${own.join(', ')})`;
  return `genai-prices ${version} of ${asOf}: ${provider} ${model}${stated}`;
}

function describeTier({ aboveInputTokens, inputPer1M, outputPer1M }: PriceTier): string {
  return `; above ${aboveInputTokens} input tokens ${inputPer1M} and ${outputPer1M}`;
}
