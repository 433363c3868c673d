/** The way to a port that listens on loopback alone: a small program inside the session that passes on what comes. */
import { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import type { Clock } from "../clock";
import type { Exec, SessionDriver } from "../drivers/driver";
import { endProgram } from "../terminals/program-end";

const NOBODY_LISTENS = 7;
const NOTHING_TO_RELAY_WITH = 8;
/** Said on stdout before the port's first byte. */
const CONNECTED = "+";
const CONNECT_WITHIN_MS = 10_000;

const python = `import os,socket,sys,threading
s=None
for a in ("127.0.0.1","::1"):
    try:
        s=socket.create_connection((a,int(sys.argv[1])),5)
        break
    except OSError:
        pass
if s is None: os._exit(${NOBODY_LISTENS})
s.settimeout(None)
def say(b):
    while b: b=b[os.write(1,b):]
def up():
    try:
        while True:
            b=os.read(0,65536)
            if not b: break
            s.sendall(b)
        s.shutdown(1)
    except OSError:
        os._exit(1)
say(b"${CONNECTED}")
threading.Thread(target=up,daemon=True).start()
try:
    while True:
        b=s.recv(65536)
        if not b: break
        say(b)
except OSError:
    os._exit(1)
os._exit(0)`;

const perl = `use IO::Socket::INET;
my $s=IO::Socket::INET->new(PeerAddr=>"127.0.0.1",PeerPort=>$ARGV[0],Timeout=>5) or exit ${NOBODY_LISTENS};
sub put{my($h,$b)=@_;my $o=0;while($o<length $b){my $n=syswrite $h,$b,length($b)-$o,$o;exit 1 unless defined $n;$o+=$n}}
put(\\*STDOUT,"${CONNECTED}");
my $p=fork;
if(!$p){my $b;while(sysread STDIN,$b,65536){put($s,$b)}$s->shutdown(1);exit 0}
my $b;while(sysread $s,$b,65536){put(\\*STDOUT,$b)}
kill 9,$p;`;

const node = `const s=require("net").connect({host:"127.0.0.1",port:+process.argv[1],allowHalfOpen:true},()=>{process.stdout.write("${CONNECTED}");process.stdin.pipe(s);s.pipe(process.stdout);s.on("end",()=>process.stdout.write("",()=>process.exit(0)))});s.on("error",()=>process.exit(${NOBODY_LISTENS}))`;

/** Bash can't end its side alone: what it relays to hears the end of input with the end of the connection. */
const bash = `exec 3<>"/dev/tcp/127.0.0.1/$1" 4<&0 || exit ${NOBODY_LISTENS}
printf ${CONNECTED}
cat <&4 >&3 & cat <&3
kill $!`;

/** Takes the port as `$1`, and looks first whether anybody listens: what relays might say that otherwise. */
const RELAY_SCRIPT = `grep -qiE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F:]+ 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null || exit ${NOBODY_LISTENS}
has() { command -v "$1" >/dev/null 2>&1; }
if has python3; then exec python3 -c '${python.replaceAll("'", "")}' "$1"
elif has perl; then exec perl -e '${perl}' "$1"
elif has node; then exec node -e '${node}' "$1"
elif has bash; then exec bash -c '${bash}' bash "$1"
elif [ -x /bin/busybox ] && /bin/busybox nc --help >/dev/null 2>&1; then printf ${CONNECTED}; exec /bin/busybox nc 127.0.0.1 "$1"
fi
exit ${NOTHING_TO_RELAY_WITH}`;

/** Connected. It ends when the port ends its side, and the program with it. Throws PORT_UNREACHABLE, and as `exec`. */
export async function relayToPort(driver: Pick<SessionDriver, "exec">, clock: Clock, sessionId: string, port: number): Promise<Duplex> {
  const exec = await driver.exec({ sessionId, argv: ["sh", "-c", RELAY_SCRIPT, "berth-port", String(port)], terminal: null });
  exec.stdin.on("error", () => undefined);
  exec.stderr?.on("error", () => undefined);
  exec.stderr?.resume();
  const late = clock.after(CONNECT_WITHIN_MS, () => void endProgram(exec, clock));
  try {
    const rest = await firstByte(exec);
    if (rest === null) throw await refusal(exec, port);
    if (rest.length > 0) exec.stdout.unshift(rest);
    return new RelayStream(exec, clock);
  } catch (error) {
    void endProgram(exec, clock);
    throw error;
  } finally {
    late.cancel();
  }
}

/** What came after it; null where the program ended without it. */
function firstByte({ stdout, exit }: Exec): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const settle = (rest: Buffer | null): void => {
      stdout.off("readable", read).off("end", none).off("error", none);
      resolve(rest);
    };
    const none = (): void => settle(null);
    const read = (): void => {
      const chunk: unknown = stdout.read();
      if (Buffer.isBuffer(chunk)) settle(chunk.subarray(0, 1).toString() === CONNECTED ? chunk.subarray(1) : null);
    };
    stdout.on("readable", read).once("end", none).once("error", none);
    exit.catch(none);
  });
}

async function refusal(exec: Exec, port: number): Promise<BerthError> {
  exec.stdout.resume();
  const code = await exec.exit.catch((error: unknown) => {
    if (error instanceof BerthError && error.code !== "SESSION_LACKS_PROGRAM") throw error;
    return NOTHING_TO_RELAY_WITH;
  });
  if (code === NOBODY_LISTENS) return unreachable(port, "nothing listens there; start the program, or look for its port");
  return unreachable(
    port,
    "it listens on 127.0.0.1 alone, and the image has nothing to reach it with (a shell, and python3, perl, node or bash); have it listen on 0.0.0.0",
  );
}

export const unreachable = (port: number, why: string, cause?: unknown): BerthError =>
  new BerthError("PORT_UNREACHABLE", `Port ${port} of the session can't be reached: ${why}`, { cause });

/** A program's input and output as one stream. */
class RelayStream extends Duplex {
  readonly #exec: Exec;
  readonly #clock: Clock;

  constructor(exec: Exec, clock: Clock) {
    super({ allowHalfOpen: true });
    this.#exec = exec;
    this.#clock = clock;
    exec.stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) exec.stdout.pause();
    });
    exec.stdout.once("end", () => this.push(null));
    exec.stdout.once("error", (error) => this.destroy(error));
    // What it printed is read first: only the way in ends here.
    const over = (): void => void this.end();
    exec.exit.then(over, over);
  }

  override _read(): void {
    this.#exec.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#exec.stdin.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#exec.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void endProgram(this.#exec, this.#clock);
    this.#exec.stdin.destroy();
    done(error);
  }
}
