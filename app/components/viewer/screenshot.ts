import type RFB from "@novnc/novnc";

/** `notes-2026-11-22-10-04-31.png`, in the time of this browser. */
export function screenshotName(session: string, at: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())];
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two);
  return `${session.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 80) || "screen"}-${[...day, ...time].join("-")}.png`;
}

/** Saves what the desktop shows now as a file, in the desktop's own pixels. */
export function saveScreenshot(rfb: Pick<RFB, "toBlob">, session: string): void {
  rfb.toBlob((picture) => {
    if (!picture) return;
    const url = URL.createObjectURL(picture);
    const link = document.createElement("a");
    link.href = url;
    link.download = screenshotName(session, new Date());
    link.click();
    // The browser has read it by then.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }, "image/png");
}
