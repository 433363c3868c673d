import type { Verdict } from "../../platform/verdict";
import type { Actor } from "../users/users-policy";
import { WARM_POOL_OWNER } from "../users/warm-pool-owner";

/**
 * `screen`: see or use what the session shows; of another's it asks more: see `openViewer`. `share`: see who else may, take
 * it back, and say by what rules. `invite`: let others in: an administrator, whose own visits need a reason, lets nobody into another's.
 * `strand`: say what becomes of it when its agent was revoked. `history`: its timeline. `logs`: what its container prints,
 * which may hold secrets: no operator's, no guest's. `terminal`: shells and programs inside, as `screen` but for nobody's guest. `files`: all that is in it, as
 * `terminal`. `ports`: what listens in it, as `terminal`. `environment`: the names of its variables; `changeEnvironment`: those too, and their values, which are its owner's alone. `version`: what it is made from. `picture`: the small one of its screen, which no role opens.
 */
export type SessionAction =
  | "see"
  | "history"
  | "share"
  | "invite"
  | "create"
  | "hibernate"
  | "wake"
  | "terminate"
  | "strand"
  | "forceTerminate"
  | "delete"
  | "screen"
  | "logs"
  | "environment"
  | "changeEnvironment"
  | "files"
  | "terminal"
  | "ports"
  | "version"
  | "picture";

/** What an administrator may not with another's. */
const ownersAlone: ReadonlySet<SessionAction> = new Set(["invite", "picture", "changeEnvironment"]);

const forOthers: Record<"operator", Record<SessionAction, boolean>> = {
  operator: {
    see: true,
    history: true,
    share: false,
    invite: false,
    create: false,
    hibernate: true,
    wake: true,
    terminate: true,
    strand: true,
    forceTerminate: false,
    delete: true,
    screen: false,
    logs: false,
    environment: false,
    changeEnvironment: false,
    files: false,
    terminal: false,
    ports: false,
    version: true,
    picture: false,
  },
};

/** `invited`: to the session's screen, by its owner. Own sessions: everything but force. Another's: hidden from users, lifecycle for operators, everything for admins. What waits in a warm pool isn't there for anyone. */
export function maySessions(actor: Actor, action: SessionAction, session: { readonly userId: string }, invited = false): Verdict {
  if (session.userId === WARM_POOL_OWNER) return "hidden";
  const own = session.userId === actor.userId;
  if (action === "picture" && (own || invited)) return "allowed";
  if (actor.role === "admin") return ownersAlone.has(action) && !own ? "refused" : "allowed";
  if (own) return action === "forceTerminate" ? "refused" : "allowed";
  if (invited && (action === "see" || action === "screen")) return "allowed";
  if (actor.role === "operator") return forOthers.operator[action] ? "allowed" : "refused";
  return action === "create" || invited ? "refused" : "hidden";
}
