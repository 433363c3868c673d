import { BerthError } from "@berth/protocol/errors";

const routes = new Set(["register", "stats", "run", "run-stream", "health"]);
const uuidLike = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Throws VALIDATION_FAILED for a name that a path could mistake for a route or for another agent's id. */
export function demandFreeName(name: string): void {
  const problem = routes.has(name) ? "is a word that paths use" : uuidLike.test(name) ? "looks like a UUID" : null;
  if (problem)
    throw new BerthError("VALIDATION_FAILED", `The agent name '${name}' ${problem}; choose another one`, {
      details: { fields: { name: problem } },
    });
}
