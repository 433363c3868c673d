/** Starts the programs that ours is compared with, each on a free port of the loopback. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import getPort from "get-port";
import type { Certificate } from "../measure/certificate";

export interface External {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

export const isInstalled = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function started(name: string, child: ChildProcess, port: number): Promise<External> {
  running.add(child);
  child.on("exit", () => running.delete(child));
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-4000);
  });
  for (let tries = 0; tries < 400; tries += 1) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`${name} ended at once: ${said}`);
    if (await accepts(port)) return { pid: child.pid, port, stop: () => stopped(child) };
    await delay(25);
  }
  await stopped(child);
  throw new Error(`${name} does not listen on port ${port}: ${said}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/**
 * One worker without a master. Buffers of 64 KB: with the 4 KB that nginx takes unless told, it pays for each byte with many more calls;
 * the comparison is with nginx at its best.
 */
export async function startNginx(folder: string, upstreamPort: number, certificate: Certificate | null): Promise<External> {
  const port = await getPort();
  mkdirSync(folder, { recursive: true });
  const scheme = certificate ? "https" : "http";
  const tls = certificate
    ? `ssl_certificate ${certificate.certPath}; ssl_certificate_key ${certificate.keyPath}; ssl_protocols TLSv1.3;`
    : "";
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
  const configuration = `daemon off; master_process off; pid ${folder}/pid; error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off; ${temporary}
  server {
    listen 127.0.0.1:${port}${certificate ? " ssl" : ""} backlog=1024; ${tls}
    location / {
      proxy_pass ${scheme}://127.0.0.1:${upstreamPort}; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
      proxy_ssl_verify off; proxy_ssl_protocols TLSv1.3;
      proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
      proxy_read_timeout 1h; proxy_send_timeout 1h;
    }
  }
}
`;
  const path = join(folder, "nginx.conf");
  writeFileSync(path, configuration);
  const child = spawn("nginx", ["-c", path, "-p", folder, "-e", "stderr"], { stdio: ["ignore", "ignore", "pipe"] });
  return started("nginx", child, port);
}

/** websockify has no bound of its own on what waits for a reader: this keeps it from taking the machine with it. */
export const WEBSOCKIFY_MEMORY_LIMIT_MB = 2048;

/** One hop: it takes the browser's WebSocket and dials the display itself. A process for each connection. */
export async function startWebsockify(displayPort: number, certificate: Certificate | null): Promise<External> {
  const port = await getPort();
  const tls = certificate ? ["--cert", certificate.certPath, "--key", certificate.keyPath, "--ssl-only"] : [];
  const limited = `ulimit -v ${WEBSOCKIFY_MEMORY_LIMIT_MB * 1024}; exec websockify "$@"`;
  const child = spawn("sh", ["-c", limited, "sh", ...tls, `127.0.0.1:${port}`, `127.0.0.1:${displayPort}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return started("websockify", child, port);
}
