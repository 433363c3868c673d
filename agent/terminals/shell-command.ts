/** A session's shell as a login shell, in its home: the one that its environment names, else bash, else sh. Needs `sh` to find it. */
const SHELL_SCRIPT = `cd "\${HOME:-/}" 2>/dev/null || cd /
: "\${LANG:=C.UTF-8}"; export LANG
[ -x "\${SHELL:-}" ] || SHELL=$(command -v bash || command -v sh)
export SHELL
exec "$SHELL" -l`;

export const shellCommand: readonly string[] = ["sh", "-c", SHELL_SCRIPT];
/** Of a program that has a terminal. */
export const terminalEnvironment = { TERM: "xterm-256color", COLORTERM: "truecolor" } as const;

/** In a terminal's environment: `<session>/<run of the agent>`. */
export const TERMINAL_MARK = "BERTH_TERMINAL";
/** Hangs up on the shells of terminals of this session ($1) that another run than $2 began. */
const LEFTOVER_SCRIPT = `for p in /proc/[0-9]*; do
  tr "\\0" "\\n" < "$p/environ" 2>/dev/null | grep "^${TERMINAL_MARK}=$1" | grep -qvx "${TERMINAL_MARK}=$1$2" || continue
  read -r _ _ _ _ _ leader _ < "$p/stat" && [ "/proc/$leader" = "$p" ] && kill -s HUP "$leader"
done 2>/dev/null; true`;
export const leftoverCommand = (session: string, run: string): readonly string[] => ["sh", "-c", LEFTOVER_SCRIPT, "sh", session, run];
