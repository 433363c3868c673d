import { defineConfig } from "vitest/config";
import { findAnsweringEngine } from "./scripts/lib/find-engine.mjs";
import { testProgramPath } from "./scripts/lib/test-programs.mjs";

const everywhere = (ending: string) =>
  ["protocol", "agent", "server", "client", "scripts", "app", "images", "bench", "conformance", "faults"].map(
    (room) => `${room}/**/*${ending}`,
  );
const never = ["**/node_modules/**", "**/dist/**", "**/.next/**"];
/** As `vi.waitFor` in server/testing/patient-waits.ts. */
const patientPolls = { poll: { timeout: 15_000, interval: 25 } };

/** Tests on a real container engine: `*.engine.test.*`. Without one they are left out with the reason, unless BERTH_TEST_ENGINE=required. */
export default defineConfig(async () => {
  process.env.PATH = testProgramPath();
  const engine = await findAnsweringEngine();
  if (!engine) {
    const reason = "no container engine answers at DOCKER_HOST or /var/run/docker.sock";
    if (process.env.BERTH_TEST_ENGINE === "required") throw new Error(`The tests of container engines can't run: ${reason}`);
    console.warn(`Left out: *.engine.test.* (${reason})`);
  } else process.env.DOCKER_HOST = engine.host;
  return {
    test: {
      projects: [
        {
          test: {
            name: "unit",
            // One for each core: Vitest leaves one free, which halves a machine of two.
            maxWorkers: "100%",
            // Loading the server's modules anew for each file takes as long as a third of the tests; what a file changes of a global it puts back.
            isolate: false,
            include: everywhere(".test.{ts,tsx,mjs}"),
            exclude: [...never, "**/*.engine.test.{ts,mjs}"],
            globalSetup: ["server/testing/postgres-global-setup.ts"],
            setupFiles: ["server/testing/patient-waits.ts"],
            expect: patientPolls,
            testTimeout: 30_000,
            hookTimeout: 60_000,
          },
        },
        ...(engine
          ? [
              {
                test: {
                  name: "engine",
                  include: everywhere(".engine.test.{ts,mjs}"),
                  exclude: never,
                  globalSetup: ["server/testing/postgres-global-setup.ts"],
                  setupFiles: ["server/testing/patient-waits.ts"],
                  // Most of their time they wait for containers; what a file makes in the engine carries labels of its own.
                  maxWorkers: 2,
                  expect: patientPolls,
                  testTimeout: 120_000,
                  hookTimeout: 180_000,
                },
              },
            ]
          : []),
      ],
    },
  };
});
