/** PostgreSQL from an npm package, reached by a unix socket that only this user can open: the database where DATABASE_URL is unset. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Log } from "../log";
import { findPostgresBinaries } from "./embedded-postgres-binaries";
import { takeOwnership } from "./postgres-ownership";
import { type HomeOptions, type PostgresHome, postgresHome } from "./unprivileged-postgres";

export interface EmbeddedPostgres {
  /** For `connectDatabase` and `pg`: database `postgres`, no password (the socket's folder is closed to others). */
  readonly url: string;
  /** The server's process. */
  readonly pid: number;
  /** Data folder, for backups. */
  readonly dataFolder: string;
  /** Ends connections and stops it cleanly. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions extends HomeOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** The server ended without being told to. */
  readonly onUnexpectedExit?: (reason: string) => void;
  /** More `-c name=value` settings. */
  readonly settings?: readonly string[];
}

const superuser = "berth";
const port = 5432;
/** A longer address of a unix socket is cut off without a word by some systems. */
const longestSocketPath = 100;
const startLimitMs = 60_000;

/** Starts it, making the database at the first time and taking care of what a killed process left. Takes 0.1 s, the first time 2 s. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const home = postgresHome(dataDir, await findPostgresBinaries(), options);
  if (home.notice) options.log.warn(home.notice);
  const { endedLeftover, release } = await takeOwnership(home.folder);
  try {
    if (endedLeftover) options.log.warn(`A PostgreSQL server left over from a killed run was stopped and is started anew (${home.folder})`);
    await makeDatabase(home);
    return await runServer(home, options, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** How `pg` and Prisma reach a server by the folder of its socket. */
export function embeddedUrl(socketFolder: string): string {
  return `postgresql://${superuser}@localhost:${port}/postgres?host=${encodeURIComponent(socketFolder)}`;
}

async function makeDatabase(home: PostgresHome): Promise<void> {
  const data = join(home.folder, "data");
  const versionFile = join(data, "PG_VERSION");
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, "utf8").trim();
    if (found !== home.binaries.majorVersion) {
      throw new Error(
        `The database in ${data} is of PostgreSQL ${found}, and this Berth brings ${home.binaries.majorVersion}: make a backup with the Berth that wrote it`,
      );
    }
    return;
  }
  // Made beside it and moved at the end, so that a run that is cut short leaves no half-made database.
  const unfinished = join(home.folder, "data.new");
  rmSync(unfinished, { recursive: true, force: true });
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const child = launch(home, home.binaries.initdb, ["-D", unfinished, "-U", superuser, "--auth=trust", "--no-instructions", ...locale]);
  let output = "";
  child.stderr.on("data", (part: Buffer) => {
    output += part.toString("utf8");
  });
  const code = await new Promise<number | null>((settle, reject) => {
    child.once("error", reject);
    child.once("close", settle);
  });
  if (code !== 0) throw new Error(`The embedded database could not be made (initdb ended with ${code}): ${output.slice(-2000)}`);
  renameSync(unfinished, data);
}

async function runServer(home: PostgresHome, options: EmbeddedPostgresOptions, release: () => void): Promise<EmbeddedPostgres> {
  const dataFolder = join(home.folder, "data");
  const socket = socketFolder(home);
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${socket.folder}`,
    "unix_socket_permissions=0700",
    `port=${port}`,
    "max_connections=100",
    "shared_buffers=64MB",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=off",
    "log_destination=stderr",
    ...(options.settings ?? []),
  ];
  const child = launch(home, home.binaries.postgres, ["-D", dataFolder, ...settings.flatMap((setting) => ["-c", setting])]);
  const ended = new Promise<string>((settle) => {
    child.once("error", (error) => settle(error.message));
    child.once("exit", (code, signal) => settle(signal ? `signal ${signal}` : `code ${code}`));
  });
  let stopping = false;
  void ended.then((how) => {
    release();
    socket.remove();
    if (!stopping) options.onUnexpectedExit?.(`The embedded PostgreSQL ended by itself (${how})`);
  });
  try {
    await readiness(child.stderr, ended, options.log);
  } catch (error) {
    stopping = true;
    child.kill("SIGQUIT");
    throw error;
  }
  return {
    url: embeddedUrl(socket.folder),
    pid: child.pid ?? 0,
    dataFolder,
    async stop() {
      stopping = true;
      child.kill("SIGINT");
      const impatience = setTimeout(() => child.kill("SIGQUIT"), 20_000);
      await ended;
      clearTimeout(impatience);
    },
  };
}

/** Resolves at "ready to accept connections"; rejects when the server ends first or takes too long. Its lines go to the log ever after. */
function readiness(stderr: Readable, ended: Promise<string>, log: Log): Promise<void> {
  const lines = createInterface({ input: stderr });
  const recent: string[] = [];
  return new Promise((settle, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`PostgreSQL was not ready within ${startLimitMs / 1000} s: ${recent.join("\n")}`)),
      startLimitMs,
    );
    void ended.then((how) => {
      clearTimeout(limit);
      reject(new Error(`PostgreSQL did not start (${how}): ${recent.join("\n")}`));
    });
    lines.on("line", (line) => {
      recent.push(line);
      if (recent.length > 20) recent.shift();
      // Said of each connection that is still open at a stop.
      const expected = line.includes("terminating connection due to administrator command");
      if (/(FATAL|PANIC):/.test(line) && !expected) log.error({ postgres: line });
      else log.debug({ postgres: line });
      if (line.includes("database system is ready to accept connections")) {
        clearTimeout(limit);
        settle();
      }
    });
  });
}

/** In a session of its own: a Ctrl-C in the terminal is for us to handle, in our order. */
function launch(home: PostgresHome, program: string, args: readonly string[]): ChildProcessByStdio<null, null, Readable> {
  const [command = program, ...rest] = [...home.prefix, program, ...args];
  const env = { PATH: process.env.PATH, NODE_ENV: process.env.NODE_ENV, LC_ALL: "C", TZ: "UTC" };
  return spawn(command, rest, { ...home.user, env, cwd: "/", detached: true, stdio: ["ignore", "ignore", "pipe"] });
}

function socketFolder(home: PostgresHome): { folder: string; remove: () => void } {
  const near = join(home.folder, "run");
  if (Buffer.byteLength(join(near, `.s.PGSQL.${port}`)) <= longestSocketPath) {
    mkdirSync(near, { recursive: true, mode: 0o700 });
    if (home.user) chownSync(near, home.user.uid, home.user.gid);
    return { folder: near, remove: () => {} };
  }
  const short = mkdtempSync(join(tmpdir().length < 60 ? tmpdir() : "/tmp", "berth-postgres-"));
  if (home.user) chownSync(short, home.user.uid, home.user.gid);
  return { folder: short, remove: () => rmSync(short, { recursive: true, force: true }) };
}
