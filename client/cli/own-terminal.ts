import type { World } from "./world";

/** The terminal that this program was started from, where it has one. */
export function ownTerminal({ stdin, stdout } = process): World["streams"]["terminal"] {
  if (!stdin.isTTY || !stdout.isTTY) return null;
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    onResize: (changed) => {
      stdout.on("resize", changed);
      return () => void stdout.off("resize", changed);
    },
    raw: () => {
      const undo = () => void stdin.setRawMode(false);
      stdin.setRawMode(true);
      process.once("exit", undo);
      return () => {
        process.off("exit", undo);
        undo();
      };
    },
  };
}
