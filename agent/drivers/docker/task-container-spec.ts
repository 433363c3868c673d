/**
 * The container of a `docker.run`, made from its payload alone: what is not written here a task can't have. Its volumes are those that
 * tasks made, its ports are on 127.0.0.1, and it gets the few capabilities that images need to leave root and to serve a low port.
 */
import { type DockerPayload, imageReferenceOf } from "@berth/protocol/docker-tasks";
import { parseCpu, parseMemory, required } from "@berth/protocol/quantities";
import type { ContainerCreateOptions } from "dockerode";
import type { TaskRun } from "../driver";
import { LABEL } from "./labels";
import { SESSION_NETWORK } from "./session-network";

const CAPABILITIES = ["CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER", "NET_BIND_SERVICE"];

/** The engine's name of a volume that tasks know as `name`: no home, and no stranger's, has it. */
export const taskVolume = (name: string): string => `berth-volume-${name}`;

export function taskContainerOptions(task: TaskRun, agent: string, payload: DockerPayload<"docker.run">): ContainerCreateOptions {
  const memory = required(parseMemory(payload.memory), payload.memory);
  const ports = payload.ports.map(({ container, host, protocol }) => ({ port: `${container}/${protocol}`, host: String(host) }));
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { port, host } of ports) bindings[port] = [...(bindings[port] ?? []), { HostIp: "127.0.0.1", HostPort: host }];
  return {
    name: payload.name,
    Image: imageReferenceOf(payload),
    ...(payload.command ? { Cmd: [...payload.command] } : {}),
    Env: Object.entries(payload.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...payload.labels, [LABEL.task]: task.id, [LABEL.generation]: String(task.run), [LABEL.agent]: agent },
    ExposedPorts: Object.fromEntries(ports.map(({ port }) => [port, {}])),
    HostConfig: {
      Memory: memory,
      // The same: no swap beside it.
      MemorySwap: memory,
      NanoCpus: required(parseCpu(payload.cpu), payload.cpu) * 1_000_000,
      PidsLimit: payload.pidsLimit,
      // Its neighbours, the host and link-local addresses are as far from it as from any session.
      NetworkMode: SESSION_NETWORK,
      CapDrop: ["ALL"],
      CapAdd: CAPABILITIES,
      SecurityOpt: ["no-new-privileges"],
      Privileged: false,
      Init: true,
      Mounts: payload.volumes.map(({ name, path, readOnly }) => ({
        Type: "volume",
        Source: taskVolume(name),
        Target: path,
        ReadOnly: readOnly,
      })),
      PortBindings: bindings,
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "2" } },
      RestartPolicy: payload.restart === "on-failure" ? { Name: "on-failure", MaximumRetryCount: 5 } : { Name: payload.restart },
    },
  };
}
