import { vi } from "vitest";

const waitFor = vi.waitFor.bind(vi);

/**
 * Vitest waits a second for what a test waits for, which a busy machine with two cores can take to start a query. Nothing gets slower:
 * a wait ends as soon as it is over. Loaded before every test file.
 */
vi.waitFor = (callback, options = {}) =>
  waitFor(callback, { timeout: 15_000, interval: 25, ...(typeof options === "number" ? { timeout: options } : options) });
