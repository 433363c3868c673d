export interface ReadDotenv {
  readonly variables: ReadonlyMap<string, string>;
  /** In words, each with its line. */
  readonly problems: readonly string[];
}

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,127})\s*=\s*(.*)$/;

/**
 * The text of an `.env` file: `NAME=value` lines, with `export` or without, comments, and values in quotes. Nothing in a value is looked up
 * or carried out. The last of a name counts.
 */
export function readDotenv(text: string): ReadDotenv {
  const variables = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, raw] of text.split(/\r\n?|\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, rest] = ASSIGNMENT.exec(line) ?? [];
    const value = rest === undefined ? null : readValue(rest);
    // What a line holds may be secret: it is named by its number.
    if (name === undefined) problems.push(`Line ${index + 1} is not NAME=value`);
    else if (value === null) problems.push(`Line ${index + 1}: a quote of ${name} is not closed`);
    else variables.set(name, value);
  }
  return { variables, problems };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$" };

/** Null: a quote is open. */
function readValue(text: string): string | null {
  const single = /^'([^']*)'\s*(?:#.*)?$/.exec(text);
  if (single) return single[1] ?? "";
  const double = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text);
  if (double) return (double[1] ?? "").replace(/\\(.)/g, (whole, character: string) => escapes[character] ?? whole);
  if (/^['"]/.test(text)) return null;
  return text.replace(/\s+#.*$/, "").trim();
}
