import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBerthClient } from "../berth-client";
import { startBerth } from "../testing/start-berth";
import { runCli } from "./run-cli";
import type { World } from "./world";

let berth: Awaited<ReturnType<typeof startBerth>>;
let user: Awaited<ReturnType<typeof berth.person>>;
let admin: Awaited<ReturnType<typeof berth.person>>;
const configDir = mkdtempSync(join(tmpdir(), "berth-cli-"));

beforeAll(async () => {
  berth = await startBerth();
  user = await berth.person();
  admin = await berth.person("admin");
  const client = createBerthClient({ url: berth.url, token: user.token });
  const { id } = await client.api.sessions.create.mutate({ template: "terminal-desktop", name: "inside" });
  await client.sessions.waitFor(id, { phase: "Running" });
  await client.close();
});
afterAll(async () => {
  await berth.close();
  rmSync(configDir, { recursive: true, force: true });
});

interface Typed {
  readonly input?: Readable;
  readonly terminal?: World["streams"]["terminal"];
  readonly token?: string;
  readonly interrupt?: AbortController;
}

async function run(args: string[], { input = Readable.from([]), terminal = null, token = user.token, interrupt }: Typed = {}) {
  const [stdout, stderr, said] = [new PassThrough(), new PassThrough(), [] as string[]];
  stdout.once("data", () => interrupt?.abort());
  const printed = Promise.all([text(stdout), text(stderr)]);
  const code = await runCli(args, {
    env: { BERTH_URL: berth.url, BERTH_TOKEN: token },
    configDir,
    out: (line) => void said.push(line),
    err: (line) => void said.push(line),
    terminal: null,
    streams: { stdin: input, stdout, stderr, terminal },
    ask: async () => "",
    openBrowser: async () => undefined,
    signal: (interrupt ?? new AbortController()).signal,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await printed;
  return { code, out, err, said: said.join("\n") };
}

describe("berth exec", () => {
  it("says what the program says, errors apart, and ends with its code", async () => {
    const { code, out, err, said } = await run(["exec", "inside", "--", "sh", "-c", "echo out; echo wrong >&2; exit 7"]);
    expect({ code, out, err, said }).toEqual({ code: 7, out: "out\n", err: "wrong\n", said: "" });
  });

  it("passes on what is piped in, megabytes of it, only where that is asked for", async () => {
    const pieces = Array.from({ length: 60 }, () => Buffer.alloc(100_000, "x"));
    expect((await run(["exec", "-i", "inside", "--", "wc", "-c"], { input: Readable.from(pieces) })).out.trim()).toBe("6000000");
    expect((await run(["exec", "inside", "--", "wc", "-c"], { input: Readable.from(pieces) })).out.trim()).toBe("0");
  });

  it("brings megabytes out whole", async () => {
    expect((await run(["exec", "inside", "--", "head", "-c", "9000000", "/dev/zero"])).out.length).toBe(9_000_000);
  });

  it("runs a shell where no program is named, and gives the terminal back", async () => {
    const raw: string[] = [];
    const terminal = {
      size: () => ({ columns: 90, rows: 30 }),
      onResize: () => () => void raw.push("deaf"),
      raw: () => {
        raw.push("raw");
        return () => void raw.push("restored");
      },
    };
    const input = new PassThrough();
    input.write("echo in-$((40+2)); exit 4\n");
    const { code, out } = await run(["exec", "-it", "inside"], { input, terminal });
    expect([code, raw.sort()]).toEqual([4, ["deaf", "raw", "restored"]]);
    expect(out).toContain("in-42");
  });

  it("names the program that the image lacks, and the terminal that isn't there", async () => {
    expect(await run(["exec", "inside", "--", "no-such-program"])).toMatchObject({
      code: 1,
      said: expect.stringContaining("no-such-program"),
    });
    expect(await run(["exec", "-t", "inside", "--", "ls"])).toMatchObject({ code: 2, said: expect.stringContaining("leave out -t") });
  });

  it("ends the program by Ctrl-C, and says so with 130", async () => {
    expect((await run(["exec", "inside", "--", "sh", "-c", "echo up; sleep 1000"], { interrupt: new AbortController() })).code).toBe(130);
  });

  it("asks an administrator why", async () => {
    expect(await run(["exec", "inside", "--", "true"], { token: admin.token })).toMatchObject({
      code: 1,
      said: expect.stringContaining("reason"),
    });
    expect((await run(["exec", "--reason", "they asked for help", "inside", "--", "echo", "helped"], { token: admin.token })).out).toBe(
      "helped\n",
    );
  });
});
