import { matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** The mean over rows of -log softmax(logits)[label]; logits [rows, classes], a label per row. */
export function softmaxCrossEntropy(tape: Tape, logits: Tensor, labels: ArrayLike<number>): Tensor {
  const [rows, classes] = matrixShape('softmaxCrossEntropy', 'logits', logits.shape);
  requireShape(
    labels.length === rows,
    'softmaxCrossEntropy',
    `${rows} rows need ${rows} labels, got ${labels.length}`,
  );
  const shares = logits.data.slice();
  tape.kernels.softmaxRows(shares, rows, classes);
  let total = 0;
  for (let row = 0; row < rows; ++row) {
    const label = labels[row] as number;
    requireShape(
      Number.isInteger(label) && label >= 0 && label < classes,
      'softmaxCrossEntropy',
      `label ${label} of row ${row} is outside ${classes} classes`,
    );
    total -= Math.log(Math.max(shares[row * classes + label] as number, Number.MIN_VALUE));
  }
  return tape.record([], Float32Array.of(total / Math.max(rows, 1)), [logits], ([gradient = 0]) => {
    const into = logits.gradientBuffer();
    const share = gradient / Math.max(rows, 1);
    for (let i = 0; i < into.length; ++i) into[i] = (into[i] as number) + share * (shares[i] as number);
    for (let row = 0; row < rows; ++row) {
      const at = row * classes + (labels[row] as number);
      into[at] = (into[at] as number) - share;
    }
  });
}
