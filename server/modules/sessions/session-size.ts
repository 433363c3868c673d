import { parseCpu, parseMemory, required } from "@berth/protocol/quantities";
import type { Template } from "../templates/templates-schema";
import type { CreateSessionInput } from "./sessions-schema";

export interface SessionSize {
  readonly memoryBytes: number;
  readonly cpuMillicores: number;
}

/** What was asked for, and of what wasn't the template's. */
export function sizeOf({ resources }: Pick<CreateSessionInput, "resources">, template: Pick<Template, "defaultResources">): SessionSize {
  const memory = resources?.memory ?? template.defaultResources.memory;
  const cpu = resources?.cpu ?? template.defaultResources.cpu;
  return { memoryBytes: required(parseMemory(memory), memory), cpuMillicores: required(parseCpu(cpu), cpu) };
}
