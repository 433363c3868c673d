/** What is shared with the engine: it may be on this machine, or somewhere else. */
import { existsSync } from "node:fs";
import type Docker from "dockerode";
import { z } from "zod";
import { engineError } from "./engine-errors";
import type { EngineTarget } from "./engine-target";

const infoSchema = z.object({
  NCPU: z.number(),
  MemTotal: z.number(),
  DockerRootDir: z.string(),
  ServerVersion: z.string(),
  OperatingSystem: z.string().default(""),
  KernelVersion: z.string().default(""),
  SecurityOptions: z.array(z.string()).nullish(),
});

export interface EnginePlace {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly rootFolder: string;
  readonly version: string;
  readonly system: string;
  readonly kernel: string;
  /** Folders of this machine can be mounted: displays by unix socket. */
  readonly sharesFiles: boolean;
  /** Containers' addresses are reached from here. */
  readonly sharesNetwork: boolean;
}

export async function findPlace(docker: Docker, target: EngineTarget): Promise<EnginePlace> {
  let answer: unknown;
  try {
    answer = await docker.info();
  } catch (error) {
    throw engineError(error, "say what it is", target.name);
  }
  const info = infoSchema.parse(answer);
  const here = target.unix && existsSync(info.DockerRootDir);
  const rootless = info.SecurityOptions?.some((option) => option.includes("rootless")) ?? false;
  return {
    cores: info.NCPU,
    memoryBytes: info.MemTotal,
    rootFolder: info.DockerRootDir,
    version: info.ServerVersion,
    system: info.OperatingSystem,
    kernel: info.KernelVersion,
    sharesFiles: here,
    sharesNetwork: here && !rootless,
  };
}
