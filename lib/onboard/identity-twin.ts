import type { NativeHeadSpec } from '../../bindings/addon.ts';
import type { EstimatorState } from '../estimator/estimator.ts';
import { readTensor } from '../estimator/state.ts';
import { Linear } from '../nn/layers/linear.ts';
import { concatColumns } from '../nn/ops/concat-columns.ts';
import { matmul } from '../nn/ops/matmul.ts';
import { pairwiseHead } from '../nn/ops/pairwise-head.ts';
import { sigmoid } from '../nn/ops/pointwise.ts';
import type { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import type { FrozenTwin, TrainableHead } from './frozen-twin.ts';

type PairwiseSpec = Extract<NativeHeadSpec, { kind: 'pairwise' }>;

/** IPR's frozen network: the new model is an identity row z and an output bias of it (arXiv 2509.06274). */
export class IdentityTwin implements FrozenTwin {
  readonly old: number;
  readonly #spec: PairwiseSpec;
  /** W of all members, [members * hidden, dimension]. */
  readonly #promptWeight: Tensor;
  /** u over members, [members * hidden]. */
  readonly #outWeight: Tensor;
  /** One a network: W_z [hidden, identity] and b [hidden]. */
  readonly #identityLayers: readonly Linear[];
  /** [members, old, identity] */
  readonly #identities: Float32Array;

  constructor(state: EstimatorState, spec: PairwiseSpec) {
    this.old = spec.outBias.length;
    this.#spec = spec;
    this.#promptWeight = new Tensor([spec.hidden, spec.dimension], spec.promptWeight);
    this.#outWeight = new Tensor([spec.hidden], spec.outWeight);
    const { shape, data: identities } = readTensor(state, 'identities', [null, this.old, null]);
    const [members = 0, , size = 0] = shape;
    const hidden = spec.hidden / members;
    const weight = readTensor(state, 'identityWeight', [members, hidden, size]).data;
    const bias = readTensor(state, 'identityBias', [members, hidden]).data;
    this.#identities = identities;
    this.#identityLayers = Array.from({ length: members }, (_, member) => {
      const ownWeight = weight.subarray(member * hidden * size, (member + 1) * hidden * size);
      const ownBias = bias.subarray(member * hidden, (member + 1) * hidden);
      return new Linear(new Tensor([hidden, size], ownWeight), new Tensor([hidden], ownBias));
    });
  }

  predictOld(tape: Tape, x: Tensor, columns: readonly number[]): Tensor {
    const { hidden, modelPart, outBias } = this.#spec;
    const part = new Float32Array(columns.length * hidden);
    for (const [to, column] of columns.entries()) {
      part.set(modelPart.subarray(column * hidden, (column + 1) * hidden), to * hidden);
    }
    const bias = Float32Array.from(columns, (column) => outBias[column] ?? 0);
    return this.#predict(
      tape,
      x,
      new Tensor([columns.length, hidden], part),
      new Tensor([columns.length], bias),
    );
  }

  startHead(shares: Float64Array): TrainableHead {
    const identities = this.#identityLayers.map((_, member) => this.#meanIdentity(member, shares));
    const mean = shares.reduce((sum, share, model) => sum + share * (this.#spec.outBias[model] ?? 0), 0);
    const outBias = new Tensor([1], Float32Array.of(mean), true);
    return {
      predict: (tape, x) => {
        const parts = this.#identityLayers.map((layer, member) =>
          layer.forward(tape, identities[member] ?? outBias),
        );
        return this.#predict(tape, x, concatColumns(tape, parts), outBias);
      },
      // No decay: it would pull the identity away from where it starts.
      parameters: () => [
        ...identities.map((tensor, member) => ({ name: `identity${member}`, tensor, decay: false })),
        { name: 'outBias', tensor: outBias, decay: false },
      ],
      result: () => ({
        kind: 'identity',
        identities: Float32Array.from(identities.flatMap(({ data }) => [...data])),
        outBias: outBias.data[0] ?? 0,
      }),
    };
  }

  /** [1, identity] */
  #meanIdentity(member: number, shares: Float64Array): Tensor {
    const size = this.#identities.length / (this.#identityLayers.length * this.old);
    const mean = new Float32Array(size);
    for (const [model, share] of shares.entries()) {
      const start = (member * this.old + model) * size;
      for (let i = 0; i < size; i++) mean[i] = (mean[i] ?? 0) + share * (this.#identities[start + i] ?? 0);
    }
    return new Tensor([1, size], mean, true);
  }

  #predict(tape: Tape, x: Tensor, model: Tensor, outBias: Tensor): Tensor {
    const prompt = matmul(tape, x, this.#promptWeight, { transposeB: true });
    return sigmoid(tape, pairwiseHead(tape, { prompt, model, outWeight: this.#outWeight, outBias }));
  }
}
