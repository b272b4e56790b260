import { Command } from 'commander';
import { readArtifact } from '../artifact/artifact.ts';
import { PointsmanError } from '../errors.ts';
import {
  type Identities,
  identitiesOf,
  identityDistance,
  identityUncertainty,
} from '../estimator/irt-identities.ts';
import { renderTable } from '../plain-table.ts';
import { defaultRouterFolder } from '../router.ts';
import { parseNumber } from './arguments.ts';
import { printJson, printResult } from './output.ts';

interface ModelsFlags {
  readonly router?: string;
  readonly nearest: number;
  readonly json?: boolean;
}

/** What is known of one model of a router. */
interface KnownModel {
  readonly model: string;
  /** Prompts it was placed by, for a model that was added later. */
  readonly addedBy: number | null;
  /** Null where the router's estimator has no identities. */
  readonly uncertainty: number | null;
  /** The models most like it, nearest first. */
  readonly nearest: readonly { readonly model: string; readonly distance: number }[];
}

export function modelsCommand(): Command {
  return new Command('models')
    .description(
      'print the models of a router; of kind irt, also how sure it is of each and which are most alike',
    )
    .option('-r, --router <dir>', 'router folder (default: the one that ships)')
    .option('--nearest <n>', 'how many of the nearest models to print', parseNumber, 3)
    .option('--json', 'print as JSON, with identities')
    .action(async (flags: ModelsFlags) => {
      if (!Number.isInteger(flags.nearest) || flags.nearest < 1) {
        const message = `--nearest: expected a whole number of at least 1, got ${flags.nearest}`;
        throw new PointsmanError('ERR_INVALID_ARGUMENT', message);
      }
      const { manifest, estimator } = await readArtifact(flags.router ?? defaultRouterFolder());
      const identities = identitiesOf(estimator.state(), estimator.models);
      const added = new Map(manifest.onboarded?.map(({ model, rows }) => [model, rows]));
      const models = estimator.models.map((model, index) =>
        describe(model, index, {
          identities,
          addedBy: added.get(model) ?? null,
          most: flags.nearest,
        }),
      );
      if (flags.json) printJson({ estimator: estimator.kind, models, identities: asJson(identities) });
      else printResult(render(estimator.kind, models));
    });
}

interface Context {
  readonly identities: Identities | null;
  readonly addedBy: number | null;
  readonly most: number;
}

function describe(model: string, index: number, { identities, addedBy, most }: Context): KnownModel {
  const identity = identities?.models[index];
  if (identities === null || identity === undefined)
    return { model, addedBy, uncertainty: null, nearest: [] };
  const nearest = identities.models
    .filter((other) => other !== identity)
    .map((other) => ({
      model: other.model,
      distance: identityDistance(identity, other, identities.metric),
    }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most);
  return { model, addedBy, uncertainty: identityUncertainty(identity, identities.metric), nearest };
}

function asJson(identities: Identities | null) {
  return identities?.models.map(({ model, mean, deviation }) => ({
    model,
    mean: [...mean],
    deviation: [...deviation],
  }));
}

function render(kind: string, models: readonly KnownModel[]): string {
  const hasIdentities = models.some(({ uncertainty }) => uncertainty !== null);
  const added = (rows: number | null) => (rows === null ? '' : `by ${rows} prompts`);
  if (!hasIdentities) {
    return [
      renderTable(
        ['model', 'added later'],
        models.map(({ model, addedBy }) => [model, added(addedBy)]),
        [],
      ),
      '',
      `a router of kind ${kind} has no identities: "train --estimator irt" makes one that tells which models are alike`,
    ].join('\n');
  }
  return [
    renderTable(
      ['model', 'uncertainty', 'most alike (distance)', 'added later'],
      models.map(({ model, uncertainty, nearest, addedBy }) => [
        model,
        (uncertainty ?? 0).toFixed(2),
        nearest.map((one) => `${one.model} (${one.distance.toFixed(2)})`).join(', '),
        added(addedBy),
      ]),
      [1],
    ),
    '',
    'distance: by how much two models are expected to differ, in log odds of a right answer over prompts like the training rows;',
    'uncertainty: how far a model may be from where its identity is placed, in the same unit',
  ].join('\n');
}
