import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded stream of random numbers (xoroshiro128+): the same seed gives the same numbers, in the same order. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;
  #spareNormal: number | undefined;

  /** Uses the low 32 bits of `seed`. */
  constructor(seed: number) {
    this.#generator = xoroshiro128plus(mix(seed | 0));
  }

  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /** Sets each element to 0 with a probability, known to 1 / 65536, and to `otherwise` else. Two elements a draw. */
  fillOrZero(values: Float32Array, probability: number, otherwise: number): void {
    const bound = Math.round(probability * 65536);
    for (let i = 0; i < values.length; i += 2) {
      const bits = this.#generator.next();
      // By the sign bit of the difference: a branch would be mispredicted as often as not.
      values[i] = otherwise * (1 - (((bits >>> 16) - bound) >>> 31));
      if (i + 1 < values.length) values[i + 1] = otherwise * (1 - (((bits & 0xffff) - bound) >>> 31));
    }
  }

  /** Uniform among 0, 1, ..., count - 1. */
  integer(count: number): number {
    return uniformInt(this.#generator, 0, count - 1);
  }

  /** Standard normal, by the Box-Muller transform. */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** In place, every order equally likely (Fisher-Yates). */
  shuffle(values: Int32Array): void {
    for (let last = values.length - 1; last > 0; --last) {
      const other = this.integer(last + 1);
      const held = values[last] as number;
      values[last] = values[other] as number;
      values[other] = held;
    }
  }

  /** A stream of its own, so that one consumer's draws do not move another's. */
  fork(): Random {
    return new Random(this.#generator.next());
  }
}

/** MurmurHash3's finaliser: the generator is linear, so without it neighbouring seeds give correlated streams. */
function mix(seed: number): number {
  let x = seed;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
