/** Programs of others that tests hold ours against: a reverse proxy, a registry, the network's tools. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { aptInstall, ensureProgram, findProgram, hasApt, isRoot } from "./debian.mjs";
import { inRoot } from "./paths.mjs";
import { Refusal, say } from "./say.mjs";

/** Installed, each would be a service on a port of this machine: they are unpacked and nothing more. */
const unpacked = [
  { name: "nginx", package: "nginx" },
  { name: "docker-registry", package: "docker-registry" },
];
const folder = inRoot("node_modules/.cache/test-programs");

/** Where `PATH` is to look: what was unpacked here, and the folders that only root's has. */
export const testProgramPath = () =>
  [join(folder, "usr/bin"), join(folder, "usr/sbin"), process.env.PATH, "/usr/sbin", "/sbin"].filter(Boolean).join(delimiter);

/** Rejects with a `Refusal` that names what is missing and how to have it. */
export async function ensureTestPrograms() {
  process.env.PATH = testProgramPath();
  for (const name of ["openssl", "curl", "jq"]) await ensureProgram(name, "for the tests");
  if (!findProgram("ip") && isRoot() && hasApt()) await aptInstall(["iproute2"], "networks for the tests");
  const missing = unpacked.filter(({ name }) => !findProgram(name));
  if (missing.length === 0) return true;
  const packages = missing.map((program) => program.package);
  if (!hasApt()) throw new Refusal(`The tests need ${packages.join(" and ")} on the PATH`);
  say.step(`Unpacking ${packages.join(", ")} for the tests`);
  const downloads = join(folder, "downloads");
  rmSync(downloads, { recursive: true, force: true });
  mkdirSync(downloads, { recursive: true });
  let fetched = await run("apt-get", ["download", ...packages], downloads);
  if (fetched !== null && isRoot()) {
    await run("apt-get", ["update"], downloads);
    fetched = await run("apt-get", ["download", ...packages], downloads);
  }
  if (fetched !== null)
    throw new Refusal(
      `The tests need ${packages.join(" and ")}; apt-get could not download them (${fetched}). On Debian: sudo apt-get update`,
    );
  for (const file of readdirSync(downloads).filter((name) => name.endsWith(".deb"))) {
    const failed = await run("dpkg-deb", ["-x", join(downloads, file), folder], downloads);
    if (failed !== null) throw new Refusal(`${file} could not be unpacked: ${failed}`);
  }
  rmSync(downloads, { recursive: true, force: true });
  const still = missing.find(({ name }) => !existsSync(findProgram(name) ?? ""));
  if (still) throw new Refusal(`Debian's package ${still.package} has no program ${still.name}`);
  return true;
}

/** Null when it went well, else its last words. */
function run(program, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part) => {
        words = (words + part).slice(-2000);
      });
    }
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? null : (words.trim().split("\n").at(-1) ?? `exit code ${code}`)));
  });
}
