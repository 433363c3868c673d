import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLog } from "../log";
import { startEmbeddedPostgres } from "./embedded-postgres";
import { identifyProcess } from "./process-identity";

const log = createLog("silent");
let folder: string;
const ends: (() => Promise<unknown> | unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-pg-"));
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}) {
  const server = await startEmbeddedPostgres({ dataDir: folder, log, ...options });
  ends.push(() => server.stop());
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("it starts in an empty folder, and what was written is there after a stop and a start", async () => {
  const first = await start();
  await query(first.url, "CREATE TABLE boats AS SELECT 'Ærø' AS name");
  await first.stop();
  const again = await start();
  expect(await query(again.url, "SELECT name, lower(name) AS lower FROM boats")).toEqual([{ name: "Ærø", lower: "ærø" }]);
});

test("no one else can reach it: no network address, and a closed folder", async () => {
  const server = await start();
  expect(await query(server.url, "SHOW listen_addresses")).toEqual([{ listen_addresses: "" }]);
  const socketFolder = new URL(server.url).searchParams.get("host") ?? "";
  expect(statSync(socketFolder).mode & 0o077).toBe(0);
});

test("a data folder with a very long name works: the socket is put elsewhere", async () => {
  const long = join(folder, "a".repeat(100));
  mkdirSync(long);
  const server = await start({ dataDir: long });
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a folder that is in use is refused, and its server goes on", async () => {
  const server = await start();
  await expect(startEmbeddedPostgres({ dataDir: folder, log })).rejects.toThrow(/was started by this process already/);
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a server that dies by itself is reported", async () => {
  const told = vi.fn();
  const server = await start({ onUnexpectedExit: told });
  process.kill(server.pid, "SIGINT");
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith(expect.stringContaining("ended by itself")));
});

test("a first start that was cut short is begun again", async () => {
  mkdirSync(join(folder, "postgres", "data.new", "base"), { recursive: true });
  const server = await start();
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a number in the pid file that belongs to another process now does not keep it from starting", async () => {
  await (await start()).stop();
  writeFileSync(join(folder, "postgres", "data", "postmaster.pid"), `${process.pid}\n${folder}\n1\n5432\n\n\n`);
  const server = await start();
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a database of another version of PostgreSQL is refused and left alone", async () => {
  await (await start()).stop();
  const file = join(folder, "postgres", "data", "PG_VERSION");
  writeFileSync(file, "12\n");
  await expect(start()).rejects.toThrow(/is of PostgreSQL 12/);
  expect(readFileSync(file, "utf8")).toBe("12\n");
});

/** Another process that owns the database and writes rows until it is killed. */
async function otherOwner(): Promise<{ process: ChildProcess; postmaster: number }> {
  const program = `
    import { startEmbeddedPostgres } from "${join(import.meta.dirname, "embedded-postgres.ts")}";
    import { createLog } from "${join(import.meta.dirname, "../log.ts")}";
    import pg from "pg";
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(folder)}, log: createLog("silent") });
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query("CREATE TABLE boats (name TEXT)");
    await client.query("INSERT INTO boats VALUES ('acknowledged')");
    process.stdout.write(String(server.pid) + "\\n");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  ends.push(() => child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  return { process: child, postmaster: Number(String(line).trim()) };
}

test("while its owner lives, another process is refused; when the owner was killed, its server is replaced and no row is lost", async () => {
  const other = await otherOwner();
  await expect(startEmbeddedPostgres({ dataDir: folder, log })).rejects.toThrow(`in use by process ${other.process.pid}`);
  other.process.kill("SIGKILL");
  await once(other.process, "exit");
  expect(identifyProcess(other.postmaster)).not.toBeNull();
  const server = await start();
  expect(identifyProcess(other.postmaster)).toBeNull();
  expect(await query(server.url, "SELECT name FROM boats")).toEqual([{ name: "acknowledged" }]);
});

test.runIf(process.getuid?.() === 0)("as root without user namespaces it runs as another user, and says so", async () => {
  const warned: string[] = [];
  const listening = createLog("warn", { write: (line: string) => warned.push(line) });
  const server = await start({ withoutUserNamespaces: true, log: listening });
  ends.unshift(() => rmSync(server.dataFolder.replace(/\/data$/, ""), { recursive: true, force: true }));
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  expect(statSync(server.dataFolder).uid).not.toBe(0);
  expect(warned.join("")).toContain("user namespaces are off");
  expect(existsSync(join(folder, "postgres", "data"))).toBe(false);
});
