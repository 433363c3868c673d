/** Building images beside everything else: in a process of its own, so that the terminal and signals stay responsive (apt and tar are waited for). */
import { spawn } from "node:child_process";
import { outdatedImages } from "../../images/build.mjs";
import { inRoot } from "./paths.mjs";

/** `needed` tells whether there is anything to build, `done` resolves when all is there; `stop` gives it up. */
export function buildImagesApart(host) {
  let child = null;
  let stopped = false;
  const needed = outdatedImages(host).then((images) => images.length > 0);
  const done = needed.then((isNeeded) => (isNeeded && !stopped ? build() : undefined));
  done.catch(() => {});

  function build() {
    return new Promise((resolve, reject) => {
      child = spawn(process.execPath, [inRoot("images/build.mjs")], {
        cwd: inRoot(),
        env: { ...process.env, DOCKER_HOST: host },
        detached: true,
        stdio: ["ignore", "inherit", "pipe"],
      });
      let words = "";
      child.stderr.on("data", (part) => {
        words = (words + part).slice(-4000);
      });
      child.once("error", reject);
      child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(words.trim() || `building ended with ${code}`))));
    });
  }

  return {
    needed,
    done,
    stop() {
      stopped = true;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-child.pid, "SIGTERM");
      } catch {
        // It ended meanwhile.
      }
    },
  };
}
