import { defineConfig } from "@playwright/test";
import { chromiumArguments, chromiumPath } from "./stack/chromium";

/** Journeys in a real browser against the real stack: control plane, embedded PostgreSQL, agent, container engine. */
export default defineConfig({
  testDir: ".",
  testMatch: "**/*.e2e.ts",
  globalSetup: "./stack/global-setup.ts",
  outputDir: "../test-results",
  // Journeys take turns on two cores; each worker would have a stack of its own.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: "../test-results/e2e.json" }]],
  use: {
    browserName: "chromium",
    headless: true,
    viewport: { width: 1280, height: 800 },
    actionTimeout: 20_000,
    screenshot: "only-on-failure",
    // Recording takes a sixth of a journey's CPU; by hand: `npx playwright test -c e2e/playwright.config.ts --trace on`.
    trace: "off",
    launchOptions: { executablePath: chromiumPath(), args: chromiumArguments },
  },
});
