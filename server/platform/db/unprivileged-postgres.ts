/**
 * PostgreSQL refuses to run as root. As root it runs inside a user namespace that calls root 1000: files stay root's, so it works in a closed
 * home. Where user namespaces are off, copies of its programs and its data live in /var/lib/berth, as the system's user `postgres`.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PostgresBinaries } from "./embedded-postgres-binaries";

/** How to run a program of PostgreSQL, and where its files are. */
export interface PostgresHome {
  readonly binaries: PostgresBinaries;
  /** Holds `data` and what belongs to it; the user that PostgreSQL runs as owns it. */
  readonly folder: string;
  /** Put before each command. */
  readonly prefix: readonly string[];
  /** Run as this user; unset: as we are. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Said once at start: what is unusual about it. */
  readonly notice?: string;
}

const userNamespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] as const;
const systemFolder = "/var/lib/berth";

export interface HomeOptions {
  /** For tests: as if user namespaces were off. */
  readonly withoutUserNamespaces?: boolean;
}

export function postgresHome(dataDir: string, binaries: PostgresBinaries, options: HomeOptions = {}): PostgresHome {
  const folder = join(dataDir, "postgres");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (process.getuid?.() !== 0) return { binaries, folder, prefix: [] };
  if (!options.withoutUserNamespaces && namespaceWorks(folder, binaries)) return { binaries, folder, prefix: userNamespace };
  return asSystemUser(dataDir, binaries);
}

/** Not only whether namespaces are allowed: also whether programs and data can be reached from inside one. */
function namespaceWorks(folder: string, binaries: PostgresBinaries): boolean {
  const [command, ...args] = [...userNamespace, "sh", "-c", 'test -w "$1" && exec "$2" --version', "sh", folder, binaries.postgres];
  return spawnSync(command ?? "", args, { stdio: "ignore", cwd: "/" }).status === 0;
}

function asSystemUser(dataDir: string, binaries: PostgresBinaries): PostgresHome {
  const user = systemUser();
  mkdirSync(systemFolder, { recursive: true, mode: 0o755 });
  const native = join(systemFolder, `postgresql-${binaries.majorVersion}-${digest(binaries.native)}`);
  if (!existsSync(native)) {
    const unfinished = `${native}.${process.pid}`;
    cpSync(binaries.native, unfinished, { recursive: true, verbatimSymlinks: true });
    spawnSync("chmod", ["-R", "a+rX", unfinished]);
    try {
      renameSync(unfinished, native);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(native)) throw error;
    }
  }
  const folder = join(systemFolder, `database-${digest(dataDir)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, user.uid, user.gid);
  return {
    binaries: { ...binaries, native, postgres: join(native, "bin", "postgres"), initdb: join(native, "bin", "initdb") },
    folder,
    prefix: [],
    user,
    notice: `PostgreSQL can't run as root and user namespaces are off here: it runs as the user ${user.name}, with its data in ${folder}`,
  };
}

function systemUser(): { uid: number; gid: number; name: string } {
  for (const name of ["postgres", "berth-postgres"]) {
    const found = lookUp(name);
    if (found) return found;
  }
  spawnSync("useradd", [
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/usr/sbin/nologin",
    "berth-postgres",
  ]);
  const made = lookUp("berth-postgres");
  if (made) return made;
  throw new Error("PostgreSQL can't run as root, user namespaces are off, and no user could be made for it: run Berth as an ordinary user");
}

function lookUp(name: string): { uid: number; gid: number; name: string } | null {
  const ask = (flag: string) => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout?.trim() || Number.NaN);
  const uid = ask("-u");
  const gid = ask("-g");
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid, name } : null;
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);
