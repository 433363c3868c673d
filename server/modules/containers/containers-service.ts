import type { Readable } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import { type SessionStats, STATS, sessionStatsSchema, statsAnswerSchema } from "@berth/protocol/session-stats";
import type { z } from "zod";
import type { HealthService } from "../sessions/health/health-service";
import type { HealthWord } from "../sessions/health/health-words";
import type { AgentRequests } from "../sessions/inside/agent-requests";
import type { SessionPlace, SessionReach } from "../sessions/inside/session-reach";
import type { LogsService } from "../sessions/logs/logs-service";
import type { SessionDetail } from "../sessions/sessions-schema";
import type { SessionsService } from "../sessions/sessions-service";
import type { Actor } from "../users/users-policy";
import type { Asker } from "../users/users-schema";
import type {
  containerHealthSchema,
  containerLogsInput,
  containerLogsOutput,
  containerStateSchema,
  containerStatsOutput,
  healthSummarySchema,
} from "./containers-schema";

/** Listed in a summary; the counts are of these. */
const MAX_LISTED = 500;
/** One answer or one line of an agent's; an hour of samples takes 40 KB. */
const MAX_ANSWER_BYTES = 512 * 1024;

export interface ContainersDeps {
  readonly sessions: SessionsService;
  readonly reach: SessionReach;
  readonly logs: LogsService;
  readonly healthOf: HealthService;
  readonly agentApi: AgentRequests;
}

/** Sessions in the container control contract's words. Whoever calls has asked the policy. */
export class ContainersService {
  constructor(private readonly deps: ContainersDeps) {}

  /** Ends its processes and wakes it. One that does not run is only woken. */
  async restart(asker: Asker, containerId: string): Promise<z.output<typeof containerStateSchema>> {
    const { status } = await this.deps.sessions.get(asker, containerId);
    if (status.phase === "Running") await this.deps.sessions.setState(asker, { id: containerId, state: "hibernated", mode: "stop" });
    return this.start(asker, containerId);
  }

  async stop(asker: Asker, containerId: string): Promise<z.output<typeof containerStateSchema>> {
    return stateOf(await this.deps.sessions.setState(asker, { id: containerId, state: "hibernated" }));
  }

  async start(asker: Asker, containerId: string): Promise<z.output<typeof containerStateSchema>> {
    return stateOf(await this.deps.sessions.setState(asker, { id: containerId, state: "running" }));
  }

  async health(asker: Actor, containerId: string): Promise<z.output<typeof containerHealthSchema>> {
    const session = await this.deps.sessions.get(asker, containerId);
    const [resources, told] = await Promise.all([
      session.status.phase === "Running" ? this.resources(containerId) : null,
      this.deps.healthOf.told(containerId),
    ]);
    return { ...healthOf(session), ...told, resources };
  }

  /** What is told to whoever listens for changes: how it is, and what it uses. Null where there is no such session. */
  async healthUpdate(containerId: string): Promise<{ containerId: string; health: HealthWord; resources: SessionStats | null } | null> {
    const word = await this.deps.healthOf.word(containerId);
    if (word === null) return null;
    const runs = word === "healthy" || word === "unhealthy";
    return { containerId, health: word, resources: runs ? await this.resources(containerId) : null };
  }

  /** What it uses is beside the point: where its agent is silent, its health is still known. */
  private async resources(containerId: string): Promise<SessionStats | null> {
    const now = await this.stats(containerId).catch(() => null);
    return sessionStatsSchema.nullable().catch(null).parse(now);
  }

  /** The caller's own, unless all are asked for, which `list` grants to operators and administrators. */
  async healthSummary(asker: Asker, all: boolean): Promise<z.output<typeof healthSummarySchema>> {
    const { sessions, pagination } = await this.deps.sessions.list(asker, {
      page: 1,
      limit: MAX_LISTED,
      live: true,
      sort: "createdAt",
      order: "desc",
      ...(all ? {} : { user: asker.username }),
    });
    const containers = sessions.map(healthOf);
    const count = (word: HealthWord) => containers.filter(({ health }) => health === word).length;
    const [healthy, unhealthy, starting, stopped, unknown] = [
      count("healthy"),
      count("unhealthy"),
      count("starting"),
      count("stopped"),
      count("unknown"),
    ];
    return { summary: { healthy, unhealthy, starting, stopped, unknown }, containers, cut: pagination.total > containers.length };
  }

  /** Throws SESSION_NOT_RUNNING, AGENT_OFFLINE, AGENT_TOO_OLD and what the tunnel throws. */
  async stats(containerId: string): Promise<z.output<typeof containerStatsOutput>> {
    const reached = await this.deps.reach.running(containerId, STATS);
    const { body } = await this.deps.agentApi.request(reached, { method: "GET", path: "stats" });
    const answer = statsAnswerSchema.safeParse(await readJson(body));
    if (!answer.success) throw unclear(reached);
    return { containerId, ...answer.data.now, history: answer.data.history };
  }

  /** Once a second, until `signal` is aborted or the container ends. */
  async *liveStats(containerId: string, signal: AbortSignal | undefined): AsyncGenerator<SessionStats> {
    const reached = await this.deps.reach.running(containerId, STATS);
    const { body } = await this.deps.agentApi.request(reached, { method: "GET", path: "stats/live", ...(signal ? { signal } : {}) });
    let text = "";
    const chunks: AsyncIterable<unknown> = body.setEncoding("utf8");
    try {
      for await (const chunk of chunks) {
        text += String(chunk);
        if (text.length > MAX_ANSWER_BYTES) throw unclear(reached);
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) {
          const stats = sessionStatsSchema.safeParse(parsed(line));
          if (!stats.success) throw unclear(reached);
          yield stats.data;
        }
      }
    } catch (error) {
      if (signal?.aborted) return;
      throw error;
    } finally {
      body.destroy();
    }
  }

  async logs(asker: Asker, { containerId, ...which }: z.output<typeof containerLogsInput>): Promise<z.output<typeof containerLogsOutput>> {
    const { logs } = await this.deps.logs.read(asker, { id: containerId, ...which, follow: false });
    return { containerId, logs: logs.map((line) => `${line}\n`).join("") };
  }
}

const stateOf = ({ id, name, state, status }: SessionDetail): z.output<typeof containerStateSchema> => ({
  containerId: id,
  name,
  state,
  phase: status.phase,
  message: status.message,
});

const healthOf = ({ id, name, status, health }: Pick<SessionDetail, "id" | "name" | "status" | "health">) => ({
  containerId: id,
  name,
  health: health.status,
  since: health.since,
  phase: status.phase,
  message: health.reason ?? status.message,
});

const unclear = ({ agentName }: SessionPlace) =>
  new BerthError("TUNNEL_FAILED", `What agent '${agentName}' said of the session was not understood`);

async function readJson(body: Readable): Promise<unknown> {
  let text = "";
  const chunks: AsyncIterable<unknown> = body.setEncoding("utf8");
  for await (const chunk of chunks) {
    text += String(chunk);
    if (text.length > MAX_ANSWER_BYTES) break;
  }
  return parsed(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
