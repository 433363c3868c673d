/** Beyond it a file is the better way. */
export const MAX_PASTE_CHARACTERS = 2_000_000;

export interface PasteConcern {
  readonly lines: number;
  /** It holds characters that a terminal acts upon; they are left out. */
  readonly hasControls: boolean;
  readonly tooLong: boolean;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/** Characters that turn text around or hide in it: what is seen is not what would run. */
const HIDDEN = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Text as it may be typed into a terminal: nothing in it but what can be seen, tabs and line ends. */
export const cleanPaste = (text: string): string => text.replace(/\r\n?/g, "\n").replace(CONTROLS, "").replace(HIDDEN, "");

/** Why a person is asked before this is pasted; null: it is one plain line. */
export function pasteConcern(text: string): PasteConcern | null {
  const clean = cleanPaste(text);
  const lines = clean.split("\n").length;
  const hasControls = clean.length !== text.replace(/\r\n/g, "\n").length;
  const tooLong = text.length > MAX_PASTE_CHARACTERS;
  return lines > 1 || hasControls || tooLong ? { lines, hasControls, tooLong } : null;
}
