/** Whether this page may read the clipboard of the person's computer. `unknown`: the browser asks each time, or does not say. */
export type ClipboardAccess = "granted" | "prompt" | "denied" | "unknown" | "missing";

export const accessWords: Readonly<Record<ClipboardAccess, string>> = {
  granted: "This browser lets Berth read your clipboard.",
  prompt: "Your browser will ask whether Berth may read your clipboard.",
  denied: "Your browser keeps your clipboard from Berth. Allow it in the settings of this site, or paste the text here yourself.",
  unknown: "Your browser may ask before it gives Berth your clipboard.",
  missing: "Your browser gives no page its clipboard here. Paste the text yourself, with Ctrl + V.",
};

/** Watches it; returns how to stop. */
export function watchClipboardAccess(changed: (access: ClipboardAccess) => void): () => void {
  if (typeof navigator.clipboard?.readText !== "function") {
    changed("missing");
    return () => {};
  }
  let status: PermissionStatus | null = null;
  let stopped = false;
  const tell = () => status && changed(status.state);
  ask()
    .then((found) => {
      if (stopped) return;
      status = found;
      status.addEventListener("change", tell);
      tell();
    })
    .catch(() => stopped || changed("unknown"));
  return () => {
    stopped = true;
    status?.removeEventListener("change", tell);
  };
}

/** Rejects in a browser that does not know the name; TypeScript doesn't either. */
async function ask(): Promise<PermissionStatus> {
  const found: unknown = await Reflect.apply(navigator.permissions.query, navigator.permissions, [{ name: "clipboard-read" }]);
  if (!(found instanceof PermissionStatus)) throw new TypeError("no answer");
  return found;
}

/** Null where the browser refuses, or there is no text. */
export async function readClipboard(): Promise<string | null> {
  try {
    return (await navigator.clipboard.readText()) || null;
  } catch {
    return null;
  }
}

/** False where the browser refuses: without a click in this page it may. */
export async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
