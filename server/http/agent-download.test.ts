import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toBerthError } from "../platform/errors";
import { AgentDownload } from "./agent-download";

const program = "import { writeFileSync } from 'node:fs'; console.log('RAN ' + process.argv.slice(2).join(' '));";
const sha256 = createHash("sha256").update(program).digest("hex");
let folder: string;
let server: Server;
let url: string;
let download: AgentDownload;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-download-"));
  await writeFile(join(folder, "agent.mjs"), program);
  server = createServer(async (request, response) => {
    const handler = {
      "/agent/install.sh": download.installer,
      "/agent/download/agent.mjs": download.program,
      "/agent/download/agent.mjs.sha256": download.hash,
    }[request.url ?? ""];
    const facts = {
      request,
      response,
      requestId: "r",
      address: "127.0.0.1",
      pathname: request.url ?? "",
      query: new URLSearchParams(),
      params: {},
    };
    try {
      await handler?.(facts);
    } catch (error) {
      const known = toBerthError(error);
      response.writeHead(known.status).end(known.message);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  download = new AgentDownload(join(folder, "agent.mjs"), () => new URL(url));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const install = async (...args: string[]) => {
  const script = join(folder, "install.sh");
  await writeFile(script, await (await fetch(`${url}/agent/install.sh`)).text());
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile("sh", [script, "--dir", join(folder, "data"), ...args], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr }),
    );
  });
};

describe("the download", () => {
  it("has a hash that fits, and isn't sent again unchanged", async () => {
    const answer = await fetch(`${url}/agent/download/agent.mjs`);
    expect(await answer.text()).toBe(program);
    expect(await (await fetch(`${url}/agent/download/agent.mjs.sha256`)).text()).toBe(`${sha256}  agent.mjs\n`);
    expect(download.sha256).toBe(sha256);
    const again = await fetch(`${url}/agent/download/agent.mjs`, { headers: { "if-none-match": answer.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    expect((await fetch(`${url}/agent/download/agent.mjs`, { method: "POST" })).status).toBe(405);
  });

  it("says what to do where it was not built", async () => {
    await rm(join(folder, "agent.mjs"));
    const answer = await fetch(`${url}/agent/download/agent.mjs`);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("npm run build")]);
  });
});

describe("the installer", () => {
  it("runs the program whose hash the command has, with the token in a file of its own", async () => {
    // Agents may dial another address than the one that their program comes from.
    const dial = "https://agents.example:3443";
    const hashes = ["--sha256", sha256, "--ca-sha256", "c".repeat(64)];
    const { code, output } = await install("--url", dial, "--token", "secret-token", ...hashes, "--name", "host-1");
    expect(code).toBe(0);
    const data = join(folder, "data");
    expect(output).toContain(
      `RAN --url ${dial} --data-dir ${data} --name host-1 --token-file ${join(data, "token")} --ca-sha256 ${"c".repeat(64)}`,
    );
    expect(output).not.toContain("secret-token");
    expect(await readFile(join(data, "token"), "utf8")).toBe("secret-token");
    expect((await stat(join(data, "token"))).mode & 0o777).toBe(0o600);
  });

  it("runs nothing whose hash is another", async () => {
    const { code, output } = await install("--token", "t", "--sha256", "0".repeat(64));
    expect([code, output.includes("RAN")]).toEqual([1, false]);
    expect(output).toContain("nothing was run");
    await expect(stat(join(folder, "data", "agent.mjs"))).rejects.toThrow();
  });

  it("takes the published hash where the command has none", async () => {
    expect((await install("--token", "t")).output).toContain("RAN");
  });

  it("names the agent after its host where the command has no name, and an enrolled one as it was", async () => {
    const short = hostname()
      .split(".")[0]
      ?.toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "");
    expect((await install("--token", "t")).output).toContain(`--name ${short} `);
    await writeFile(join(folder, "data", "credential.json"), JSON.stringify({ name: "enrolled-before" }));
    expect((await install("--token", "t")).output).toContain("--name enrolled-before ");
  });

  it("names an option that it doesn't know or that lacks its value", async () => {
    expect((await install("--tokn", "t")).output).toContain("unknown option --tokn");
    expect((await install("--token")).output).toContain("--token needs a value");
  });

  it("can't be broken out of by the control plane's own address", async () => {
    download = new AgentDownload(join(folder, "agent.mjs"), () => new URL("http://127.0.0.1:1/'$(touch pwned)'"));
    const { output } = await install("--token", "t");
    expect(output).toContain("could not be downloaded");
    await expect(stat("pwned")).rejects.toThrow();
  });
});
