/** The agent program: `node agent.mjs --url … --name …`. */
import { fileURLToPath } from "node:url";
import { BerthError } from "@berth/protocol/errors";
import { VERSION } from "@berth/protocol/version";
import { createAgent } from "./agent";
import { lockDataDir } from "./cli/data-dir-lock";
import { enrol } from "./cli/enrolment";
import { type AgentSettings, HELP, readInvocation } from "./cli/options";
import { systemdUnit } from "./cli/systemd-unit";
import { systemClock } from "./clock";
import { DockerDriver } from "./drivers/docker/docker-driver";
import { engineTarget } from "./drivers/docker/engine-target";
import type { SessionDriver } from "./drivers/driver";
import { MemoryDriver } from "./drivers/memory/memory-driver";
import { Renewal } from "./identity/renewal";
import { createLog, type Log } from "./log";

async function main(): Promise<number> {
  const invocation = readInvocation(process.argv.slice(2), process.env);
  switch (invocation.kind) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "version":
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case "wrong":
      for (const problem of invocation.problems) process.stderr.write(`berth agent: ${problem}\n`);
      process.stderr.write("Run it with --help for what it takes.\n");
      return 2;
    case "print-unit":
      process.stdout.write(systemdUnit(invocation.settings, process.execPath, fileURLToPath(import.meta.url)));
      return 0;
    case "run":
      return run(invocation.settings);
  }
}

async function run(settings: AgentSettings): Promise<number> {
  const log = createLog(settings.logLevel);
  const asked = endAsked(log);
  const unlock = await lockDataDir(settings.dataDir);
  try {
    const enrolled = await Promise.race([enrol(settings, { log, clock: systemClock, wait: pause }), asked]);
    if (enrolled === ASKED_TO_END) return 0;
    const { credentials, kept, path } = enrolled;
    const renewal = new Renewal({ url: settings.url, kept, path, credentials, clock: systemClock, log });
    await Promise.race([renewal.start(), asked]);
    const agent = createAgent({
      url: settings.url,
      name: settings.name,
      credentials,
      dataDir: settings.dataDir,
      driver: await openDriver(settings, kept.agentId, log),
      log,
      region: settings.region,
      labels: settings.labels,
      limits: settings.limits,
      node: { agentId: kept.agentId, authority: () => credentials.certificate?.ca ?? "", listen: settings.nodeApiListen },
    });
    await agent.start();
    // Timers and sockets of the agent let the process end; this holds it.
    const alive = setInterval(() => {}, 2 ** 30);
    await asked;
    clearInterval(alive);
    renewal.stop();
    await agent.stop();
    log.info("the agent has ended; sessions go on");
    return 0;
  } finally {
    await unlock();
  }
}

/** `agentId` is what the control plane knows this agent by: several that share an engine never touch each other's containers. */
function openDriver(settings: AgentSettings, agentId: string, log: Log): Promise<SessionDriver> {
  if (settings.driver === "memory") return Promise.resolve(new MemoryDriver());
  return DockerDriver.open({
    target: engineTarget(settings.dockerHost, settings.dockerTls),
    agent: agentId,
    dataDir: settings.dataDir,
    controlPlaneHost: settings.url.hostname,
    log,
    ...(settings.logRetentionDays === undefined ? {} : { logRetentionDays: settings.logRetentionDays }),
  });
}

const ASKED_TO_END = Symbol("asked to end");

/** Resolves at the first TERM or INT; the second ends the process at once. */
function endAsked(log: Log): Promise<typeof ASKED_TO_END> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(130);
      asked = true;
      log.info({ signal }, "ending");
      resolve(ASKED_TO_END);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof BerthError) process.stderr.write(`berth agent: ${error.message}\n`);
    else process.stderr.write(`berth agent: unexpected: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
