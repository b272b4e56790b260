import { formatShape, requireShape, type Shape, sizeOf } from './shape.ts';

/**
 * Row-major float32 values with a shape, and the gradient of the loss with respect to them once a backward pass has
 * reached them. The data is not copied: whoever made the tensor shares it.
 */
export class Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
  readonly requiresGrad: boolean;
  #gradient: Float32Array | undefined;

  constructor(shape: Shape, data: Float32Array, requiresGrad = false) {
    const isLength = (length: number) => Number.isInteger(length) && length >= 0;
    requireShape(shape.every(isLength), 'Tensor', `shape ${formatShape(shape)} has an impossible length`);
    requireShape(
      data.length === sizeOf(shape),
      'Tensor',
      `shape ${formatShape(shape)} needs ${sizeOf(shape)} values, got ${data.length}`,
    );
    this.shape = Object.freeze([...shape]);
    this.data = data;
    this.requiresGrad = requiresGrad;
  }

  static zeros(shape: Shape, requiresGrad = false): Tensor {
    return new Tensor(shape, new Float32Array(sizeOf(shape)), requiresGrad);
  }

  get size(): number {
    return this.data.length;
  }

  /** d loss / d this, undefined until a backward pass has reached this tensor. */
  get gradient(): Float32Array | undefined {
    return this.#gradient;
  }

  /** The gradient buffer that operations add into, made of zeros on first use. */
  gradientBuffer(): Float32Array {
    this.#gradient ??= new Float32Array(this.data.length);
    return this.#gradient;
  }

  /** Keeps the buffer: parameters live for many steps. */
  zeroGradient(): void {
    this.#gradient?.fill(0);
  }

  /** The value of a tensor of one element. */
  item(): number {
    const [value] = this.data;
    requireShape(
      this.size === 1 && value !== undefined,
      'item',
      `shape ${formatShape(this.shape)} is not a scalar`,
    );
    return value;
  }
}
