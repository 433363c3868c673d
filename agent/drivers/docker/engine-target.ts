/** Where the container engine is, from what `DOCKER_HOST` says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BerthError } from "@berth/protocol/errors";
import type { DockerOptions } from "dockerode";

export interface EngineTarget {
  /** As it was given: for messages. */
  readonly name: string;
  readonly options: DockerOptions;
  /** Where ports that it publishes on its 127.0.0.1 are reached. */
  readonly publishedHost: string;
  /** Reached by a unix socket: it may share this machine's files and network. */
  readonly unix: boolean;
}

const DEFAULT = "unix:///var/run/docker.sock";

/** `tls`: folder with `ca.pem`, `cert.pem` and `key.pem`, as Docker's own `DOCKER_CERT_PATH`. */
export function engineTarget(dockerHost: string | undefined, tls?: string): EngineTarget {
  const name = dockerHost || DEFAULT;
  if (name.startsWith("unix://")) {
    return { name, options: { socketPath: name.slice("unix://".length) }, publishedHost: "127.0.0.1", unix: true };
  }
  if (!/^(?:tcp|http|https):\/\//.test(name) || !URL.canParse(name)) {
    throw new BerthError(
      "INVALID_PARAMETER",
      `The container engine's address '${name}' is not known here; use unix:///path/docker.sock or tcp://host:port`,
    );
  }
  const { hostname, port, protocol } = new URL(name.replace(/^tcp:/, "http:"));
  const secure = tls !== undefined || protocol === "https:";
  const options: DockerOptions = { host: hostname, port: Number(port || (secure ? 2376 : 2375)), protocol: secure ? "https" : "http" };
  const pem = (file: string) => readFileSync(join(tls ?? "", file));
  const keys = tls === undefined ? {} : { ca: pem("ca.pem"), cert: pem("cert.pem"), key: pem("key.pem") };
  return { name, options: { ...options, ...keys }, publishedHost: hostname, unix: false };
}
