/** `npm run conformance`: holds a control plane, an agent or both against their contracts. */
import { commandProgram } from "./agent/agent-program";
import { AgentWorld } from "./agent/agent-world";
import { agentChecks } from "./agent/all-checks";
import { controlPlaneChecks } from "./control-plane/all-checks";
import { Plane } from "./control-plane/plane";
import { HELP, type Options, readInvocation } from "./options";
import { asJson, asTable, failures, type Report } from "./report";
import { runChecks } from "./run-checks";

async function main(): Promise<number> {
  const all = [...controlPlaneChecks, ...agentChecks];
  const names = new Set(all.flatMap(({ id, section }) => [id, section]));
  const invocation = readInvocation(process.argv.slice(2), process.env, names);
  switch (invocation.kind) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "list":
      for (const { id, section, says } of all) process.stdout.write(`${id.padEnd(12)}${section.padEnd(18)}${says}\n`);
      return 0;
    case "wrong":
      for (const problem of invocation.problems) process.stderr.write(`conformance: ${problem}\n`);
      process.stderr.write("Run it with --help for what it takes.\n");
      return 2;
    case "run":
      return run(invocation.options);
  }
}

async function run(options: Options): Promise<number> {
  const reports: Report[] = [];
  for (const look of [() => lookAtControlPlane(options), () => lookAtAgent(options)]) {
    const report = await look();
    if (!report) continue;
    reports.push(report);
    if (!options.json) process.stdout.write(`${asTable(report)}\n`);
  }
  if (options.json) process.stdout.write(`${asJson(reports, options.allowMissing)}\n`);
  return failures(reports, options.allowMissing).length === 0 ? 0 : 1;
}

async function lookAtControlPlane({ plane: given, patienceMs, only }: Options): Promise<Report | null> {
  if (!given) return null;
  const plane = new Plane({ ...given, patienceMs });
  const results = await runChecks(controlPlaneChecks, plane, { only });
  return { side: "control plane", target: given.url.href, results, left: await plane.clean() };
}

async function lookAtAgent({ agent: given, patienceMs, only }: Options): Promise<Report | null> {
  if (!given) return null;
  const { command, host, port, image, http } = given;
  const program = command === null ? null : commandProgram(command);
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const world = new AgentWorld({ program, host, port, image, agentHttp: http, patienceMs, say });
  try {
    const results = await runChecks(agentChecks, world, { only });
    return { side: "agent", target: command ?? "the one that came", results, left: [] };
  } finally {
    await world.close();
    await program?.clean();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`conformance: unexpected: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
