import { type DockerKind, dockerPayloads, readDockerTask, takesCredentials } from "@berth/protocol/docker-tasks";
import { createTaskInput } from "../../../../server/modules/tasks/tasks-schema";
import { argumentsOf } from "../../../format/command-text";
import { issueWords } from "../../../format/issue-words";
import { capabilitiesProblem, labelsOf, wordsOf } from "../../../format/label-words";
import type { Inputs } from "../../../trpc/client";
import { registryCredentials } from "../registry-credentials";
import type { DraftRow, TaskDraft } from "./task-draft";

export type TaskOrder =
  | { readonly to: "agent"; readonly input: Inputs["tasks"]["create"] }
  | { readonly to: "any"; readonly input: Inputs["tasks"]["createForAny"] };
type Checked = { order: TaskOrder; problems: null } | { order: null; problems: Readonly<Record<string, string>> };

const needed = "is needed";
/** What of a row is wrong, where its field has no room of its own for that. */
const partWords: Readonly<Record<string, string>> = {
  host: "Host’s port",
  container: "Container’s port",
  name: "Name",
  path: "Path",
};

/**
 * What the form asks for, or what is wrong with it by the names of its fields; of lists by `ports.<row's key>`. By the very schemas that
 * the control plane reads it with, and the agent after it.
 */
export function checkTaskDraft(kind: DockerKind, draft: TaskDraft): Checked {
  const problems: Record<string, string> = {};
  const found = (field: string, problem: string | null | undefined) => {
    if (problem) problems[field] ??= problem;
  };
  const registry = registryCredentials(draft.username, draft.password);
  if (takesCredentials(kind)) found("credentials", registry.problem);
  if (kind === "docker.run") rowProblems(draft, found);
  const payload = payloadOf(kind, draft);
  payloadProblems(kind, payload, draft, found);

  const begins = draft.notBefore === "" ? null : new Date(draft.notBefore);
  if (begins && Number.isNaN(begins.getTime())) found("notBefore", "is no date and time");
  const wish = {
    taskType: kind,
    payload,
    ...(registry.credentials && takesCredentials(kind) ? { credentials: registry.credentials } : {}),
    priority: numberOf(draft.priority),
    timeout: numberOf(draft.timeout),
    retries: numberOf(draft.retries),
    ...(begins && !Number.isNaN(begins.getTime()) ? { notBefore: begins.toISOString() } : {}),
  };
  if (draft.target === "agent") found("agent", draft.agent.trim() ? null : "Choose the agent that is to do it");
  const { labels, problem } = labelsOf(draft.agentLabels);
  if (draft.target === "any") {
    found("agentLabels", problem);
    found("agentCapabilities", capabilitiesProblem(draft.agentCapabilities));
  }
  const parsed = createTaskInput.safeParse({ id: draft.agent.trim(), ...wish });
  for (const issue of parsed.error?.issues ?? []) found(String(issue.path[0] === "id" ? "agent" : issue.path[0]), issueWords(issue));
  if (!parsed.success || Object.keys(problems).length > 0) return { order: null, problems };
  const { id, ...order } = parsed.data;
  if (draft.target === "agent") return { order: { to: "agent", input: { id, ...order } }, problems: null };
  const selector = { labels: labels ?? {}, capabilities: wordsOf(draft.agentCapabilities) };
  return { order: { to: "any", input: { selector, ...order } }, problems: null };
}

/** Problems that the control plane names, at the fields of this form. */
export function fieldsOfRefusal(refused: Readonly<Record<string, string>>, draft: TaskDraft): Record<string, string> {
  const known: Readonly<Record<string, string>> = {
    id: "agent",
    "selector.labels": "agentLabels",
    "selector.capabilities": "agentCapabilities",
  };
  return Object.fromEntries(
    Object.entries(refused).map(([path, problem]) => {
      const [first, second] = path.replace(/^payload\./, "").split(".");
      const key = first === "ports" || first === "volumes" ? usedRows<string>(draft[first])[Number(second)]?.key : undefined;
      return [known[path] ?? (key === undefined ? (first ?? path) : `${first}.${key}`), problem];
    }),
  );
}

/** Empty: the schema's default. What is no number stays as it is, for the schema to refuse. */
const numberOf = (text: string): unknown => {
  const typed = text.trim().replace("−", "-");
  return typed === "" ? undefined : /^-?\d+$/.test(typed) ? Number(typed) : typed;
};
const optional = (text: string) => text.trim() || undefined;

/** Rows in which something was typed; choices alone say nothing. */
const choices = ["protocol", "access"];
const usedRows = <Name extends string>(rows: readonly DraftRow<Name>[]): DraftRow<Name>[] =>
  rows.filter(({ values }) => Object.entries<string>(values).some(([name, text]) => !choices.includes(name) && text.trim() !== ""));

function payloadOf(kind: DockerKind, draft: TaskDraft): Record<string, unknown> {
  const image = { image: draft.image.trim(), tag: optional(draft.tag), digest: optional(draft.digest) };
  const name = draft.name.trim();
  switch (kind) {
    case "docker.pull":
      return image;
    case "docker.stop":
      return { name, graceSeconds: numberOf(draft.graceSeconds) };
    case "docker.remove":
      return { name, force: draft.force };
    case "docker.logs":
      return { name, tail: numberOf(draft.tail) };
    case "docker.prune":
      return { containers: draft.containers, images: draft.images };
    case "docker.run": {
      const command = argumentsOf(draft.command);
      const pairs = (rows: TaskDraft["env"]) => Object.fromEntries(usedRows(rows).map(({ values }) => [values.name.trim(), values.value]));
      return {
        ...image,
        name,
        command: command.length > 0 ? command : undefined,
        env: pairs(draft.env),
        ports: usedRows(draft.ports).map(({ values }) => ({
          host: numberOf(values.host) ?? "",
          container: numberOf(values.container) ?? "",
          protocol: values.protocol,
        })),
        labels: pairs(draft.labels),
        memory: optional(draft.memory),
        cpu: optional(draft.cpu),
        pidsLimit: numberOf(draft.pidsLimit),
        restart: draft.restart,
        volumes: usedRows(draft.volumes).map(({ values }) => ({
          name: values.name.trim(),
          path: values.path.trim(),
          readOnly: values.access === "read",
        })),
      };
    }
  }
}

type Found = (field: string, problem: string | null | undefined) => void;

/** What a record of names can't hold, and so no schema sees. */
function rowProblems(draft: TaskDraft, found: Found): void {
  for (const list of ["env", "labels"] as const) {
    const names = new Set<string>();
    for (const { key, values } of usedRows(draft[list])) {
      const name = values.name.trim();
      if (names.has(name)) found(`${list}.${key}`, `${name || "No name"} is there twice`);
      names.add(name);
      if (list === "env" && values.value === "" && draft.hidden.includes(key))
        found(`env.${key}`, "Its value is shown nowhere: type it again, or remove it");
    }
  }
}

function payloadProblems(kind: DockerKind, payload: Record<string, unknown>, draft: TaskDraft, found: Found): void {
  const parsed = dockerPayloads[kind].safeParse(payload);
  if (parsed.success) {
    const read = readDockerTask(kind, payload);
    for (const { path, message } of read.ok ? [] : read.problems) found(path, message);
    return;
  }
  for (const issue of parsed.error.issues) {
    const [first, second, third] = issue.path.map(String);
    const field = first ?? "";
    const words = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issueWords(issue);
    if (field === "env" || field === "labels") {
      const row = draft[field].find(({ values }) => values.name.trim() === second);
      found(row ? `${field}.${row.key}` : field, row && row.values.name.trim() === "" ? `Name: ${needed}` : words);
    } else if (field === "ports" || field === "volumes") {
      const row = usedRows<string>(draft[field])[Number(second)];
      const said = row?.values[third ?? ""]?.trim() === "" ? needed : words;
      found(row ? `${field}.${row.key}` : field, third ? `${partWords[third] ?? third}: ${said}` : said);
    } else {
      found(field, payload[field] === "" ? needed : words);
    }
  }
}
