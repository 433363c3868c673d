import type { Probe } from "@berth/protocol/session-health";

/** As an agent says it too. */
export function probeWords(probe: Probe): string {
  switch (probe.type) {
    case "process":
    case "display":
      return probe.type;
    case "http":
      return `http :${probe.port}${probe.path}`;
    case "exec":
      return `exec ${probe.argv.join(" ")}`;
  }
}
