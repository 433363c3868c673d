import { type CreateSessionInput, createSessionInput } from "../../../server/modules/sessions/sessions-schema";

/** The launch form as it is typed: text, with nothing where the template's default is to hold. */
export interface LaunchDraft {
  readonly name: string;
  readonly memory: string;
  readonly cpu: string;
  readonly home: "new" | "existing" | "none";
  readonly homeId: string;
  readonly agentId: string;
  readonly idleTimeout: string;
  readonly tags: string;
}

export const emptyDraft: LaunchDraft = { name: "", memory: "", cpu: "", home: "new", homeId: "", agentId: "", idleTimeout: "", tags: "" };

type Checked = { input: CreateSessionInput; problems: null } | { input: null; problems: Readonly<Record<string, string>> };

/** What the form asks for, or what is wrong with it, by the names of the server's fields (`resources.memory`). */
export function checkDraft(draft: LaunchDraft, template: string): Checked {
  if (draft.home === "existing" && !draft.homeId) return { input: null, problems: { homeId: "Choose which home to use" } };
  const text = (value: string) => value.trim() || undefined;
  const resources = { memory: text(draft.memory), cpu: text(draft.cpu) };
  const parsed = createSessionInput.safeParse({
    template,
    name: text(draft.name),
    ...(resources.memory || resources.cpu ? { resources } : {}),
    persistentHome: draft.home !== "none",
    homeId: draft.home === "existing" ? draft.homeId : undefined,
    agentId: text(draft.agentId),
    idleTimeout: text(draft.idleTimeout),
    tags: draft.tags
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean),
  });
  if (parsed.success) return { input: parsed.data, problems: null };
  const problems: Record<string, string> = {};
  for (const issue of parsed.error.issues) {
    const path = issue.path[0] === "tags" ? "tags" : issue.path.map(String).join(".");
    problems[path] ??= issue.message;
  }
  return { input: null, problems };
}
