/** One question to a session, asked where it is. Nothing of an answer is kept but a few words, and none counts as somebody's use of it. */
import type { Duplex } from "node:stream";
import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import type { Probe, ProbeResult } from "@berth/protocol/session-health";
import type { Exec, SessionDriver } from "../drivers/driver";
import { StreamBytes } from "../thumbnail/stream-bytes";

export type ProbedDriver = Pick<SessionDriver, "usageOf" | "openDisplay" | "openPort" | "exec">;

/** These say nothing of the session: it ended, which is told elsewhere, or nobody can ask it now. */
const NOT_ITS_FAULT: readonly ErrorCode[] = ["SESSION_NOT_FOUND", "SESSION_NOT_RUNNING", "ENGINE_UNAVAILABLE"];
/** A status line has fewer; a server that begins with more is no HTTP server. */
const STATUS_LINE_BYTES = 1024;
const SECURITY_NONE = 1;

/** As people read it. */
export function probeWords(probe: Probe): string {
  switch (probe.type) {
    case "process":
    case "display":
      return probe.type;
    case "http":
      return `http :${probe.port}${probe.path}`.slice(0, 200);
    case "exec":
      return `exec ${probe.argv.join(" ")}`.slice(0, 200);
  }
}

/** Null: the answer says nothing of the session. Aborting `signal` is an answer that did not come. Never rejects. */
export async function ask(driver: ProbedDriver, sessionId: string, probe: Probe, signal: AbortSignal): Promise<ProbeResult | null> {
  const said = (ok: boolean, message: string) => ({ probe: probeWords(probe), ok, message: message.slice(0, 300) });
  try {
    const answer = await Promise.race([answerOf(driver, sessionId, probe, signal), whenAborted(signal)]);
    return said(answer.ok, answer.message);
  } catch (error) {
    if (error instanceof BerthError && NOT_ITS_FAULT.includes(error.code)) return null;
    return said(false, error instanceof Error ? error.message : String(error));
  }
}

interface Answer {
  readonly ok: boolean;
  readonly message: string;
}

function whenAborted(signal: AbortSignal): Promise<Answer> {
  const late = { ok: false, message: "did not answer in time" };
  if (signal.aborted) return Promise.resolve(late);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(late), { once: true }));
}

async function answerOf(driver: ProbedDriver, sessionId: string, probe: Probe, signal: AbortSignal): Promise<Answer> {
  switch (probe.type) {
    case "process":
      await driver.usageOf(sessionId);
      return { ok: true, message: "runs" };
    case "display":
      return within(driver.openDisplay(sessionId), signal, askRfb);
    case "http":
      return within(driver.openPort(sessionId, probe.port), signal, (stream) => askHttp(stream, probe.path));
    case "exec":
      return runProgram(await driver.exec({ sessionId, argv: probe.argv, terminal: null }), signal);
  }
}

/** The stream ends with the answer, and when nobody waits for one any more. */
async function within(opening: Promise<Duplex>, signal: AbortSignal, ask: (stream: Duplex) => Promise<Answer>): Promise<Answer> {
  const stream = await opening;
  stream.on("error", () => undefined);
  const end = () => stream.destroy();
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await ask(stream);
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

/**
 * As far as a client goes before it is one: it is let in, and leaves before it says so. Servers that shut out whoever comes and goes
 * without a word (Xvnc, after five) have nothing against this.
 */
async function askRfb(stream: Duplex): Promise<Answer> {
  const bytes = new StreamBytes(stream);
  const banner = (await bytes.read(12)).toString("latin1");
  if (!/^RFB \d{3}\.\d{3}\n$/.test(banner)) return { ok: false, message: "speaks no RFB" };
  if (!/003\.00[78]/.test(banner)) return { ok: true, message: "speaks RFB" };
  stream.write(banner, "latin1");
  const types = await bytes.read((await bytes.read(1)).readUInt8(0));
  if (types.length === 0) return { ok: false, message: "refuses whoever comes" };
  if (!types.includes(SECURITY_NONE)) return { ok: true, message: "asks for a password" };
  stream.write(Buffer.from([SECURITY_NONE]));
  if (banner.includes("008") && (await bytes.read(4)).readUInt32BE(0) !== 0) return { ok: false, message: "lets nobody in" };
  return { ok: true, message: "lets viewers in" };
}

async function askHttp(stream: Duplex, path: string): Promise<Answer> {
  stream.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: berth-probe\r\nconnection: close\r\naccept: */*\r\n\r\n`);
  let heard = "";
  const chunks: AsyncIterable<unknown> = stream;
  for await (const chunk of chunks) {
    if (!Buffer.isBuffer(chunk)) break;
    heard += chunk.toString("latin1");
    const status = /^HTTP\/1\.[01] (\d{3})[ \r\n]/.exec(heard)?.[1];
    if (status) return { ok: Number(status) < 400, message: `answered with ${status}` };
    if (heard.length > STATUS_LINE_BYTES) break;
  }
  return { ok: false, message: heard === "" ? "ended the connection without an answer" : "speaks no HTTP" };
}

/** Its output is read, so that it is not held up, and dropped: it may hold what the session's owner typed. */
async function runProgram(exec: Exec, signal: AbortSignal): Promise<Answer> {
  const kill = () => void exec.signal("KILL").catch(() => undefined);
  if (signal.aborted) kill();
  signal.addEventListener("abort", kill, { once: true });
  exec.stdin.on("error", () => undefined);
  exec.stdin.end();
  for (const output of [exec.stdout, exec.stderr]) output?.on("error", () => undefined).resume();
  try {
    const code = await exec.exit;
    return { ok: code === 0, message: `ended with ${code}` };
  } finally {
    signal.removeEventListener("abort", kill);
  }
}
