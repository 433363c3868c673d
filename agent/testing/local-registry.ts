/** Debian's `docker-registry` on loopback, with a password for one user. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import getPort from "get-port";

/** bcrypt of "right". */
const PASSWORDS = "berth:$2y$05$V6vWIASLJbhTwbL01.SHYeCgZue57gwWTVHTTlrpyc1gasbWwDViK\n";

export class LocalRegistry {
  readonly #child: ChildProcess;
  readonly address: string;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.address = address;
  }

  /** Null where the program isn't on the PATH; throws there where the tests of engines are required: `npm test` brings it. */
  static async start(folder: string): Promise<LocalRegistry | null> {
    const program = (process.env.PATH ?? "")
      .split(delimiter)
      .map((path) => join(path, "docker-registry"))
      .find((path) => existsSync(path));
    if (!program && process.env.BERTH_TEST_ENGINE === "required") throw new Error("docker-registry is not on the PATH");
    if (!program) return null;
    const address = `127.0.0.1:${await getPort()}`;
    await mkdir(join(folder, "registry"), { recursive: true });
    await writeFile(join(folder, "passwords"), PASSWORDS);
    const config = {
      version: 0.1,
      log: { level: "error" },
      storage: { filesystem: { rootdirectory: join(folder, "registry") } },
      http: { addr: address },
      auth: { htpasswd: { realm: "berth", path: join(folder, "passwords") } },
    };
    // JSON is YAML.
    await writeFile(join(folder, "registry.yml"), JSON.stringify(config));
    const child = spawn(program, ["serve", join(folder, "registry.yml")], { stdio: "ignore" });
    const registry = new LocalRegistry(child, address);
    for (let tries = 0; tries < 200; tries++) {
      const answer = await fetch(`http://${address}/v2/`).catch(() => null);
      if (answer?.status === 401) return registry;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    registry.stop();
    throw new Error("docker-registry did not start");
  }

  stop(): void {
    this.#child.kill();
  }
}
