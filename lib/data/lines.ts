import { invalidData } from './fields.ts';

/** No real row comes near it; a file without line ends must not fill the memory. */
const kMaxLineBytes = 64 << 20;

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** Lines of UTF-8 text, without their ends (LF or CRLF) and without a byte order mark; blank ones are left out. */
export async function* readLines(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let number = 0;
  const take = (last: Buffer): Line | null => {
    number++;
    const bytes = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    pending = [];
    pendingBytes = 0;
    const text = decodeLine(decoder, bytes, `${path}:${number}`);
    return text.trim() === '' ? null : { number, text };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const line = take(chunk.subarray(start, end));
      if (line !== null) yield line;
      start = end + 1;
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > kMaxLineBytes) {
      throw invalidData(`${path}:${number + 1}`, `expected a line of at most ${kMaxLineBytes} bytes`);
    }
  }
  const line = take(Buffer.alloc(0));
  if (line !== null) yield line;
}

function decodeLine(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer, where: string): string {
  try {
    return decoder.decode(bytes).replace(/\r$/, '');
  } catch (cause) {
    throw invalidData(where, 'expected UTF-8 text; convert the file to UTF-8', cause);
  }
}
