/** A session's shell as a login shell, in its home: the one that its environment names, else bash, else sh. Needs `sh` to find it. */
const SHELL_SCRIPT = `cd "\${HOME:-/}" 2>/dev/null || cd /
: "\${LANG:=C.UTF-8}"; export LANG
[ -x "\${SHELL:-}" ] || SHELL=$(command -v bash || command -v sh)
export SHELL
exec "$SHELL" -l`;

export const shellCommand: readonly string[] = ["sh", "-c", SHELL_SCRIPT];
/** Of a program that has a terminal. */
export const terminalEnvironment = { TERM: "xterm-256color", COLORTERM: "truecolor" } as const;
