/** Where things are, whatever folder a script is called from. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** A path inside the repository. */
export const inRoot = (...parts) => join(root, ...parts);

/** The folder of everything that outlives a run: `DATA_DIR`, or `.berth` in the repository. */
export const dataDir = () => resolve(root, process.env.DATA_DIR || ".berth");
