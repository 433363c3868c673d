/**
 * What a program printed, for people's eyes: control characters but the tab are written out (ESC is `^[`), so that a line can move no
 * cursor, set no title and hide nothing; what turns the direction of writing is replaced. Without zod: pages use it too.
 */
export function visibleText(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return line.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return `^${String.fromCharCode(0x40 + code)}`;
    return code === 0x7f ? "^?" : "\ufffd";
  });
}
