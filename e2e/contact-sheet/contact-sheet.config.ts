import { defineConfig } from "@playwright/test";
import { chromiumArguments, chromiumPath } from "../stack/chromium";

/** `npm run screenshots`: every page in every designed state, to be looked at. Proves nothing by itself, and so is no part of `npm test`. */
export default defineConfig({
  testDir: ".",
  testMatch: "**/*.shots.ts",
  outputDir: "../../test-results/contact-sheet-failures",
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    headless: true,
    actionTimeout: 20_000,
    launchOptions: { executablePath: chromiumPath(), args: chromiumArguments },
  },
});
