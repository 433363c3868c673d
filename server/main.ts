/**
 * The control plane: load the configuration, build every part, listen; on TERM or INT close in reverse order. Exit codes: 0 told to end,
 * 1 something broke, 2 the configuration can't be used.
 */
import { resolve } from "node:path";
import { ConfigError, loadConfig } from "./config";
import { createLog } from "./platform/log";
import { startBerth } from "./wiring";

/** The repository: this file is in `server/`, its bundle in `dist/`. */
const root = resolve(import.meta.dirname, "..");

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel);
  const berth = await startBerth({ config, log, root, fatal: (reason) => end(1, reason) });
  let ending = false;

  function end(code: number, reason: string): void {
    if (ending) return;
    ending = true;
    log[code === 0 ? "info" : "fatal"]({ reason }, "the control plane ends");
    // What does not close within this is cut.
    setTimeout(() => process.exit(code === 0 ? 1 : code), 15_000).unref();
    void berth.close().then(
      () => process.exit(code),
      (error: unknown) => {
        log.error({ err: error }, "closing failed");
        process.exit(1);
      },
    );
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => end(0, signal));
  // One request's fault must not take the others with it; where the state may be broken, a fresh process is better.
  process.on("unhandledRejection", (error) => log.error({ err: error }, "a promise was rejected and nobody listened"));
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "uncaught exception");
    end(1, "uncaught exception");
  });
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
