import type { ITheme } from "@xterm/xterm";

const dark = {
  black: "#3a3a42",
  red: "#f58d84",
  green: "#58c98a",
  yellow: "#e6b04c",
  blue: "#82aefc",
  magenta: "#b99cf8",
  cyan: "#5cc8d2",
  white: "#d8d8de",
  brightBlack: "#7d7d89",
  brightRed: "#ffaaa2",
  brightGreen: "#7fe0a9",
  brightYellow: "#f5cb7a",
  brightBlue: "#a9c8ff",
  brightMagenta: "#d0bcff",
  brightCyan: "#8adfe7",
  brightWhite: "#ffffff",
} as const;
const light = {
  black: "#17171a",
  red: "#b42318",
  green: "#14703a",
  yellow: "#8a5300",
  blue: "#1a56c4",
  magenta: "#6a3fc0",
  cyan: "#0b6b74",
  white: "#6f6f79",
  brightBlack: "#55555e",
  brightRed: "#c93c32",
  brightGreen: "#1a8a48",
  brightYellow: "#a36200",
  brightBlue: "#2f6be0",
  brightMagenta: "#8257d8",
  brightCyan: "#0f8491",
  brightWhite: "#34343b",
} as const;

/** The page's own colours as they are now, for what takes no CSS variables. `element` is in the page. */
export function terminalTheme(element: HTMLElement): ITheme {
  const colour = (name: string): string => {
    const probe = document.createElement("span");
    probe.style.color = `var(--${name})`;
    element.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const background = colour("surface");
  const ink = colour("ink");
  const [red = 255] = (/\d+/.exec(background) ?? []).map(Number);
  return {
    ...(red < 128 ? dark : light),
    background,
    foreground: ink,
    cursor: ink,
    cursorAccent: background,
    selectionBackground: red < 128 ? "#3d5a66" : "#b8dde0",
  };
}
