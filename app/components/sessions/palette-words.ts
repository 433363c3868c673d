/** What can be done to a session by name, as people would type it. */
export const paletteVerbs = {
  hibernate: ["hibernate", "sleep"],
  wake: ["wake", "start", "resume"],
  terminate: ["terminate", "stop", "end", "kill"],
} as const satisfies Record<string, readonly string[]>;
export type PaletteVerb = keyof typeof paletteVerbs;

const verbs: ReadonlySet<string> = new Set([...Object.values(paletteVerbs).flat(), "open", "go", "new", "launch"]);

/** What is to be looked for, of what was typed: `hibernate shell` looks for `shell`. */
export function soughtName(typed: string): string {
  const text = typed.trim();
  const [first = "", ...rest] = text.split(/\s+/);
  return rest.length > 0 && verbs.has(first.toLowerCase()) ? rest.join(" ") : text;
}
