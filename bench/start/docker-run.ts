/** The comparison: what a person with a shell would do, as plainly and as fast as Docker can. */
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { awaitBanner } from "./rfb-banner";

const run = promisify(execFile);
const TIMEOUT_MS = 30_000;

export const imageIsPresent = (image: string): boolean => {
  try {
    execFileSync("docker", ["image", "inspect", image], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Milliseconds from `docker run` to the display's banner, through a unix socket in a mounted folder: faster than a published port. */
export async function dockerRunToBanner(image: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const shared = join(folder, "run");
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  const name = `berth-bench-${randomBytes(4).toString("hex")}`;
  const display = ["-v", `${shared}:/run/berth`, "-e", "BERTH_DISPLAY_SOCKET=/run/berth/display.sock"];
  try {
    const began = performance.now();
    const banner = awaitBanner(join(shared, "display.sock"), TIMEOUT_MS).then(() => performance.now());
    const docker = run("docker", ["run", "--detach", "--init", "--name", name, ...display, image]);
    const [bannerAt] = await Promise.all([banner, docker]);
    return bannerAt - began;
  } finally {
    await run("docker", ["rm", "--force", "--volumes", name]).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  }
}
