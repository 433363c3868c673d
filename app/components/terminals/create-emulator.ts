import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Terminal } from "@xterm/xterm";
import { terminalTheme } from "./terminal-theme";

/** Numbers of the commands by which a program asks for the clipboard (52) or shows notices (9, 777): nothing of it leaves the terminal. */
const REFUSED_COMMANDS = [9, 52, 777];

export interface EmulatorParts {
  readonly element: HTMLElement;
  readonly onText: (text: string) => void;
  /** Bytes of the mouse, of programs that want them so. */
  readonly onBytes: (bytes: string) => void;
  /** True: the key was ours. */
  readonly onKey: (event: KeyboardEvent) => boolean;
}

/** An emulator in an element of the page: titles, clipboard and windows are not a program's to have, and links lead nowhere by themselves. */
export function createEmulator({ element, onText, onBytes, onKey }: EmulatorParts) {
  const terminal = new Terminal({
    fontFamily: "monospace",
    fontSize: 13,
    lineHeight: 1.2,
    scrollback: 10_000,
    minimumContrastRatio: 4.5,
    theme: terminalTheme(element),
    linkHandler: { activate: () => undefined },
    windowOptions: {},
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  for (const command of REFUSED_COMMANDS) terminal.parser.registerOscHandler(command, () => true);
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown" || !onKey(event)) return true;
    event.preventDefault();
    return false;
  });
  terminal.onData(onText);
  terminal.onBinary(onBytes);
  terminal.open(element);
  return { terminal, fit, search };
}
export type Emulator = ReturnType<typeof createEmulator>;

/** Web addresses open in a tab of their own, by Ctrl and a click. */
export async function offerLinks({ terminal }: Emulator): Promise<{ dispose(): void }> {
  const { WebLinksAddon } = await import("@xterm/addon-web-links");
  const addon = new WebLinksAddon((event, address) => {
    if ((event.ctrlKey || event.metaKey) && /^https?:\/\//i.test(address)) window.open(address, "_blank", "noopener,noreferrer");
  });
  terminal.loadAddon(addon);
  return addon;
}
