const kQuote = 0x22;
const kBackslash = 0x5c;
const kColon = 0x3a;
const kOpen = 0x7b;
const kClose = 0x7d;

/**
 * The first key that an object of `json` has twice, null if none has. `JSON.parse` silently keeps the last of the two,
 * so a model scored twice would lose a score unseen. `json` must already have passed `JSON.parse`.
 */
export function duplicateKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const unit = json.charCodeAt(i);
    if (unit === kOpen) open.push(new Set());
    else if (unit === kClose) open.pop();
    else if (unit === kQuote) {
      const end = closingQuote(json, i);
      if (isFollowedByColon(json, end)) {
        const key = unquoted(json, i, end);
        const keys = open[open.length - 1];
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
      i = end;
    }
  }
  return null;
}

function closingQuote(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json.charCodeAt(first - 1) === kBackslash) first--;
    if ((end - first) % 2 === 0) return end;
  }
  return json.length;
}

/** In valid JSON a string is a key exactly where a colon follows it. */
function isFollowedByColon(json: string, end: number): boolean {
  let next = end + 1;
  while (json.charCodeAt(next) <= 0x20) next++;
  return json.charCodeAt(next) === kColon;
}

/** Two spellings of one key ("a" and "\u0061") must compare equal. */
function unquoted(json: string, start: number, end: number): string {
  const raw = json.slice(start + 1, end);
  return raw.includes('\\') ? String(JSON.parse(json.slice(start, end + 1))) : raw;
}
