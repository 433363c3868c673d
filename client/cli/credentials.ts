/** Where and as whom `berth` works: told by flags and environment, or kept by `berth login` in a file that only the user reads. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UsageError } from "./exit-codes";
import type { World } from "./world";

const keptSchema = z.object({ url: z.string(), token: z.string(), username: z.string().nullable() });
export type Kept = z.infer<typeof keptSchema>;

export const credentialsFile = ({ configDir }: Pick<World, "configDir">): string => join(configDir, "berth", "credentials.json");

/** Null where nobody signed in. Throws `UsageError` for a file that isn't one of ours. */
export function readKept(world: Pick<World, "configDir">): Kept | null {
  const file = credentialsFile(world);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return null;
  }
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch {
    throw new UsageError(`${file} can't be understood; remove it and sign in again`);
  }
}

/** Mode 0600, and whole or not at all. */
export function keep(world: Pick<World, "configDir">, kept: Kept): void {
  const file = credentialsFile(world);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(kept)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

export const forget = (world: Pick<World, "configDir">): void => rmSync(credentialsFile(world), { force: true });

/** `--url` before `BERTH_URL` before the file. A kept token is shown to the address that it was got from, and to no other. */
export function whereAndWho(world: World, options: { readonly url?: string | undefined }): { url: string; token: string | null } {
  const kept = readKept(world);
  const url = options.url || world.env.BERTH_URL || kept?.url;
  if (!url) throw new UsageError("Say where Berth is: --url, or the environment variable BERTH_URL, or sign in with: berth login");
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`'${url}' is no address like https://berth.example.net`);
  const { origin } = new URL(url);
  return { url: origin, token: world.env.BERTH_TOKEN || (kept?.url === origin ? kept.token : null) };
}
