/** Words of a task at most. */
const MOST_WORDS = 6;

/** A word stands in so many prompts of a task, and in this share of them, at least: rarer ones tell of single prompts. */
const LEAST_PROMPTS = 5;
const LEAST_SHARE = 0.05;

/** A word is so many times as common in a task as elsewhere, at least. */
const LEAST_RATIO = 2;

/** Characters of a prompt that are looked at. */
const READ_CHARACTERS = 8192;

/**
 * The words that tell each task from the others: those in many of its prompts and few of the others', by share * log(share /
 * share elsewhere), the best first.
 * @param taskOf the task of each prompt; prompts of none (below 0) count as elsewhere
 */
export function taskKeywords(
  prompts: readonly string[],
  taskOf: ArrayLike<number>,
  tasks: number,
): readonly (readonly string[])[] {
  const counts = Array.from({ length: tasks }, () => new Map<string, number>());
  const sizes = new Array<number>(tasks).fill(0);
  const all = new Map<string, number>();
  for (const [row, prompt] of prompts.entries()) {
    const task = taskOf[row] ?? -1;
    if (task >= 0) sizes[task] = (sizes[task] ?? 0) + 1;
    for (const word of wordsOf(prompt)) {
      all.set(word, (all.get(word) ?? 0) + 1);
      const own = counts[task];
      own?.set(word, (own.get(word) ?? 0) + 1);
    }
  }
  return counts.map((own, task) => {
    const size = sizes[task] ?? 0;
    const least = Math.max(LEAST_PROMPTS, LEAST_SHARE * size);
    const elsewhere = prompts.length - size;
    const scored = [...own]
      .filter(([, count]) => count >= least)
      .map(([word, count]) => {
        const share = count / size;
        const other = ((all.get(word) ?? 0) - count + 0.5) / (elsewhere + 1);
        return { word, ratio: share / other, score: share * Math.log(share / other) };
      })
      .filter(({ ratio }) => ratio >= LEAST_RATIO);
    scored.sort((a, b) => b.score - a.score || (a.word < b.word ? -1 : 1));
    return scored.slice(0, MOST_WORDS).map(({ word }) => word);
  });
}

/** Each once: runs of three or more letters, in lower case. */
function wordsOf(prompt: string): ReadonlySet<string> {
  const read = prompt.slice(0, READ_CHARACTERS).toLowerCase();
  return new Set(read.match(/\p{L}{3,}/gu) ?? []);
}
