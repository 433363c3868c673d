import type Docker from "dockerode";
import { type Log, wordsOf } from "../../log";
import type { KeptLogs } from "../kept-logs";
import { readContainerLog } from "./container-log";
import { exitWords } from "./exit-words";
import { LABEL } from "./labels";

/** A removal waits so long for what the container printed. */
const KEEP_TIMEOUT_MS = 10_000;
/** More than an engine keeps of one. */
const ALL_LINES = 1_000_000_000;

/** Keeps what a session's container printed, and how it ended: to be called before it is removed. Never throws, and never takes long. */
export function logKeeper(docker: Docker, engine: string, kept: KeptLogs, log: Log): (containerId: string) => Promise<void> {
  return async (containerId) => {
    if (!kept.keeps) return;
    const over = new AbortController();
    const late = setTimeout(() => over.abort(), KEEP_TIMEOUT_MS);
    try {
      const container = docker.getContainer(containerId);
      const { Id, Config, State } = await container.inspect();
      const sessionId = Config.Labels[LABEL.session];
      if (!sessionId) return;
      // What it prints until its end is there when it has ended.
      if (State.Running && !State.Paused) await container.kill().catch(() => {});
      const lines = await readContainerLog(docker, engine, Id, { tail: ALL_LINES, follow: false }, over.signal);
      if (!lines) return;
      const start = Config.Labels[LABEL.generation];
      const ended = State.Status === "exited" || State.Status === "dead" ? exitWords(State.ExitCode, State.OOMKilled) : null;
      const how = ended ?? (State.Status === "created" ? "was never started" : "was ended");
      await kept.keep(sessionId, Id, lines, `The container of start ${start ?? "?"} ${how}`);
    } catch (error) {
      log.warn({ containerId, reason: wordsOf(error) }, "what a container printed could not be kept");
    } finally {
      clearTimeout(late);
    }
  };
}
