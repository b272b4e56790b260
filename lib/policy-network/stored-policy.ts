import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import type { EstimatorState, QualityEstimator, StateTensor } from '../estimator/estimator.ts';
import { identitiesOf } from '../estimator/irt-identities.ts';
import { splitStandardisation } from '../estimator/standardise.ts';
import { readTensor } from '../estimator/state.ts';
import { networkShapes, type PolicyInputs } from '../policy/network-shapes.ts';
import { PolicyNetwork, type PolicyNetworkConfig } from '../policy/policy-network.ts';
import type { TrainedPolicyNetwork } from './train-policy-network.ts';

type Tensors = Readonly<Record<string, StateTensor>>;

/** Where a policy network lies among the tensors of an artifact. */
const prefix = 'policy.';
/** By what identities are divided before the network sees them: [1]. */
const scaleName = 'identityScale';

/** A policy network as an artifact holds it. */
export interface StoredPolicy {
  readonly config: PolicyNetworkConfig;
  /** Those of `TrainedPolicyNetwork`, and the identities' scale. */
  readonly tensors: Tensors;
}

/** What a router decides with. */
export interface OpenPolicy {
  readonly network: PolicyNetwork;
  /** What lanes compute of a prompt for it: `width` values in [0, 1]. */
  readonly promptHead: NativeHeadSpec;
}

/** The models' identities as one matrix of unit mean square, and what they were divided by. Throws ERR_UNSUPPORTED. */
export function scaledIdentities({ models, ...estimator }: QualityEstimator) {
  const identities = identitiesOf(estimator.state(), models);
  if (identities === null) {
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `a policy network needs the models' identities, which an estimator of kind "irt" has, not "${estimator.kind}"`,
    );
  }
  const means = identities.models.map(({ mean }) => mean);
  const size = means[0]?.length ?? 0;
  const values = Float32Array.from({ length: models.length * size }, (_, i) => {
    return means[Math.floor(i / size)]?.[i % size] ?? 0;
  });
  const squares = values.reduce((sum, value) => sum + value * value, 0);
  return { values, columns: size, scale: Math.max(Math.sqrt(squares / values.length), 1e-6) };
}

/** A trained network and what it takes to use it. */
export function storePolicy(trained: TrainedPolicyNetwork, identityScale: number): StoredPolicy {
  const scale = { shape: [1], data: Float32Array.of(identityScale) };
  return { config: trained.config, tensors: { ...trained.tensors, [scaleName]: scale } };
}

export function policyTensors({ tensors }: StoredPolicy): Record<string, StateTensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

/** Parts an artifact's tensors into those of its policy network and the others. */
export function splitPolicyTensors(tensors: Tensors): { readonly policy: Tensors; readonly others: Tensors } {
  const [policy, others]: [[string, StateTensor][], [string, StateTensor][]] = [[], []];
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name.startsWith(prefix)) policy.push([name.slice(prefix.length), tensor]);
    else others.push([name, tensor]);
  }
  return { policy: Object.fromEntries(policy), others: Object.fromEntries(others) };
}

/**
 * The network and the head of its prompts, for an estimator with identities. Throws ERR_CORRUPT_FILE where tensors are missing
 * or do not fit the configuration, the identities or the prompts; ERR_UNSUPPORTED for an estimator without identities.
 */
export function openPolicy(stored: StoredPolicy, estimator: QualityEstimator): OpenPolicy {
  const { values, columns } = scaledIdentities(estimator);
  const { dimension } = estimator;
  checkTensors(stored, { dimension, identitySize: columns });
  const scale = stored.tensors[scaleName]?.data[0] ?? 1;
  const identities = { values: values.map((value) => value / scale), columns };
  return {
    network: new PolicyNetwork(stored.config, stored.tensors, identities),
    promptHead: promptHead(stored, estimator.state(), dimension),
  };
}

/** By the shapes that a network of this configuration has. */
function checkTensors({ config, tensors }: StoredPolicy, inputs: PolicyInputs): void {
  const state = { kind: 'policy network', config: {}, tensors } as unknown as EstimatorState;
  for (const [name, shape] of networkShapes(config, inputs)) readTensor(state, name, shape);
  readTensor(state, scaleName, [1]);
}

/** sigmoid(W x + b) of a prompt as the estimator's own network sees it, times sqrt(dimension): of unit mean square. */
function promptHead({ tensors }: StoredPolicy, state: EstimatorState, dimension: number): NativeHeadSpec {
  const factor = Math.sqrt(dimension);
  const weight = tensors['prompt.weight']?.data.map((value) => factor * value) ?? new Float32Array(0);
  const bias = tensors['prompt.bias']?.data ?? new Float32Array(0);
  const inner: NativeHeadSpec = { kind: 'mlp', dimension, layers: [{ weight, bias }] };
  const { standardisation } = splitStandardisation(state, dimension);
  return standardisation === null ? inner : { kind: 'standardised', inner, ...standardisation };
}
