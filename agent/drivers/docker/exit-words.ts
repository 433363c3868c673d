const SIGNALS: Record<number, string> = { 1: "hang-up", 2: "interrupted", 6: "aborted", 9: "killed", 11: "memory fault", 15: "terminated" };

/** How a container ended, in words for its user: `ended by itself with exit code 137 (killed; out of memory)`. */
export function exitWords(exitCode: number, outOfMemory: boolean, withEngine = false): string {
  const signal = exitCode > 128 ? SIGNALS[exitCode - 128] : undefined;
  const notes = [signal, outOfMemory ? "out of memory" : undefined].filter((note) => note !== undefined);
  const code = `with exit code ${exitCode}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
  return withEngine ? `ended ${code} while its container engine was away or being stopped` : `ended by itself ${code}`;
}
