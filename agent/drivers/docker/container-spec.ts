/**
 * The container of a session, made from its spec alone: what is not written here a session can't have. No privileges, devices, host
 * namespaces or binds can be asked for; the one bind is the display's own folder. The control plane has checked the same; this is the
 * check that holds where the control plane is wrong.
 */
import { environmentSchema, imageReferenceSchema, type StartSessionData, volumeNameSchema } from "@berth/protocol/agent-commands";
import { BerthError } from "@berth/protocol/errors";
import { parseCpu, parseMemory } from "@berth/protocol/quantities";
import type { ContainerCreateOptions, HostConfig, MountSettings } from "dockerode";
import { probesOf } from "../../health/probe-plan";
import { containerName, LABEL } from "./labels";

export const SESSION_UID = 1000;
export const DISPLAY_MOUNT = "/run/berth";
export const DISPLAY_SOCKET = `${DISPLAY_MOUNT}/display.sock`;
const MEBIBYTE = 1024 * 1024;
/** What images that start as root need to take on a user of their own; nothing that reaches beyond the container. */
const COMPATIBLE_CAPABILITIES = ["CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER"];
const NOT_A_HOME =
  /^\/(?:$|proc(?:\/|$)|sys(?:\/|$)|dev(?:\/|$)|run(?:\/|$)|etc(?:\/|$)|tmp$|var$|usr(?:\/|$)|bin(?:\/|$)|sbin(?:\/|$)|lib)/;

export interface ContainerPlan {
  readonly sessionId: string;
  readonly agent: string;
  readonly spec: StartSessionData;
  readonly network: string;
  /** The session's display folder on the host, where the display is reached by a unix socket. */
  readonly displayFolder: string | null;
  /** Published on the engine's 127.0.0.1, as the engine likes. */
  readonly publishDisplay: boolean;
  /** Where the image's user lives; used where the session keeps no home. */
  readonly imageHome: string | null;
}

export function containerOptions(plan: ContainerPlan): ContainerCreateOptions {
  const { spec, sessionId, agent, network, displayFolder, publishDisplay } = plan;
  checkAgain(spec);
  const strict = spec.security === "strict";
  const port = `${spec.display.port}/tcp`;
  const probes = probesOf(spec);
  return {
    name: containerName(spec.name, sessionId),
    Image: imageWithTag(spec.image),
    Hostname:
      spec.name
        .replace(/[^a-zA-Z0-9-]/g, "-")
        .slice(0, 63)
        .replace(/^-+|-+$/g, "") || "session",
    Env: Object.entries(environment(plan)).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [LABEL.session]: sessionId,
      [LABEL.generation]: String(spec.generation),
      [LABEL.agent]: agent,
      [LABEL.name]: spec.name,
      [LABEL.displayProtocol]: spec.display.protocol,
      [LABEL.displayPort]: String(spec.display.port),
      [LABEL.displayBy]: displayFolder ? "socket" : "port",
      ...(spec.home ? { [LABEL.home]: spec.home.volume } : {}),
      ...(probes ? { [LABEL.health]: JSON.stringify(probes) } : {}),
    },
    ...(strict ? { User: `${SESSION_UID}:${SESSION_UID}` } : {}),
    ...(publishDisplay ? { ExposedPorts: { [port]: {} } } : {}),
    HostConfig: {
      ...limits(spec),
      NetworkMode: network,
      CapDrop: ["ALL"],
      CapAdd: strict ? [] : COMPATIBLE_CAPABILITIES,
      SecurityOpt: ["no-new-privileges"],
      Privileged: false,
      ReadonlyRootfs: strict,
      Init: true,
      Tmpfs: strict ? temporaryFolders(plan) : {},
      Mounts: mounts(plan),
      ...(publishDisplay ? { PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] } } : {}),
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "2" } },
      RestartPolicy: { Name: "no" },
    },
  };
}

function limits(spec: StartSessionData): HostConfig {
  const memory = parseMemory(spec.resources.memory) ?? 0;
  return {
    Memory: memory,
    // The same: no swap beside it.
    MemorySwap: memory,
    NanoCpus: (parseCpu(spec.resources.cpu) ?? 0) * 1_000_000,
    PidsLimit: spec.pids_limit,
    ...(spec.shm_size_bytes > 0 ? { ShmSize: spec.shm_size_bytes } : {}),
  };
}

function temporaryFolders({ spec, imageHome }: ContainerPlan): Record<string, string> {
  const half = Math.max(16, Math.floor((parseMemory(spec.resources.memory) ?? 0) / 2 / MEBIBYTE));
  const own = `uid=${SESSION_UID},gid=${SESSION_UID}`;
  const folders: Record<string, string> = {
    "/tmp": `rw,exec,nosuid,nodev,mode=1777,size=${half}m`,
    "/var/tmp": `rw,noexec,nosuid,nodev,mode=1777,size=${half}m`,
    "/run": `rw,noexec,nosuid,nodev,mode=0755,${own},size=64m`,
  };
  if (!spec.home)
    folders[imageHome && !NOT_A_HOME.test(imageHome) && imageHome !== "/root" ? imageHome : "/home/user"] =
      `rw,exec,nosuid,nodev,mode=0700,${own},size=${half}m`;
  return folders;
}

function mounts({ spec, displayFolder }: ContainerPlan): MountSettings[] {
  const all: MountSettings[] = [];
  if (spec.home) all.push({ Type: "volume", Source: spec.home.volume, Target: spec.home.path });
  if (displayFolder) all.push({ Type: "bind", Source: displayFolder, Target: DISPLAY_MOUNT, BindOptions: { Propagation: "rprivate" } });
  return all;
}

function environment({ spec, displayFolder }: ContainerPlan): Record<string, string> {
  return {
    ...spec.environment,
    BERTH_SESSION_NAME: spec.name,
    BERTH_DISPLAY_PORT: String(spec.display.port),
    ...(spec.display.resolution ? { BERTH_DISPLAY_SIZE: spec.display.resolution } : {}),
    ...(spec.display.color_depth ? { BERTH_DISPLAY_DEPTH: String(spec.display.color_depth) } : {}),
    ...(displayFolder ? { BERTH_DISPLAY_SOCKET: DISPLAY_SOCKET } : {}),
  };
}

function checkAgain(spec: StartSessionData): void {
  const refuse = (what: string): never => {
    throw new BerthError("SPEC_REFUSED", `The agent refuses this session: ${what}`);
  };
  if (!imageReferenceSchema.safeParse(spec.image).success) refuse(`'${spec.image.slice(0, 100)}' is not an image reference`);
  const variables = environmentSchema.safeParse(spec.environment);
  if (!variables.success) refuse("an environment variable's name or value is not allowed");
  for (const [name, value] of Object.entries(spec.environment))
    if (value.includes("\0")) refuse(`environment variable ${name} holds a NUL`);
  if (!spec.home) return;
  const { volume, path } = spec.home;
  if (!volumeNameSchema.safeParse(volume).success) refuse(`'${volume.slice(0, 100)}' is not a home volume of ours`);
  const plain = /^(?:\/[A-Za-z0-9_.-]+)+\/?$/.test(path) && !path.split("/").some((part) => part === "." || part === "..");
  if (!plain || NOT_A_HOME.test(path)) refuse(`a home can't be mounted at '${path}'`);
}

/** A reference without a tag means `latest`, at create as at pull. */
function imageWithTag(image: string): string {
  return image.includes("@") || image.lastIndexOf(":") > image.lastIndexOf("/") ? image : `${image}:latest`;
}
