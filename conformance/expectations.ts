/** Comparisons that say in words what differs. What is shown of an answer has its secrets cut out. */
import type { Duplex } from "node:stream";
import type { z } from "zod";
import { Difference, NotServed } from "./check";
import type { Answer, Upgraded } from "./wire/ask";

const SHOWN = 300;
const SECRETS = /("(?:token|key|password|tunnel_secret|registry\.password)"\s*:\s*")[^"]*/g;

/** A piece of text or of a value, short enough for a line, without secrets. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const clean = text.replace(SECRETS, "$1…").replace(/\s+/g, " ").trim();
  return clean.length > SHOWN ? `${clean.slice(0, SHOWN)}…` : clean === "" ? "nothing" : clean;
}

/** Throws `NotServed` where nothing is at this path: a 404 of the path itself, another method, a web page. */
export function demandServed(answer: Answer): void {
  const { status, json, where } = answer;
  const code = typeof json === "object" && json !== null && "code" in json ? json.code : undefined;
  const page = json === undefined && answer.text !== "";
  if (status === 405 || (status === 404 && (code === "NOT_FOUND" || code === undefined)) || page)
    throw new NotServed(`${status} ${shown(page ? "a page" : answer.text)}`, where);
}

export function expectStatus(answer: Answer, wanted: number | readonly number[], why = ""): void {
  const all = typeof wanted === "number" ? [wanted] : wanted;
  if (all.includes(answer.status)) return;
  throw new Difference(`${all.join(" or ")}${why ? ` (${why})` : ""}`, `${answer.status} ${shown(answer.text)}`, answer.where);
}

/** Every field that the shape names, of its kind. What else is there is the other side's own business. */
export function expectShape<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 4).map((issue) => `${issue.path.join(".") || "the whole"}: ${issue.message}`);
  throw new Difference(`the contract's fields (${problems.join("; ")})`, shown(value), where);
}

/** The connection after its 101. */
export function expectUpgrade(dialled: Upgraded, where: string): Duplex {
  if (dialled.socket) return dialled.socket;
  throw new Difference("101", `${dialled.status} ${shown(dialled.text)}`, where);
}

export function expectEqual(got: unknown, wanted: unknown, where: string): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) throw new Difference(shown(wanted), shown(got), where);
}

export function expectThat(holds: boolean, expected: string, got: unknown, where: string): asserts holds {
  if (!holds) throw new Difference(expected, shown(got), where);
}

/** Asks again until `holds`; the last answer is what it got. */
export async function eventually<Value>(
  look: () => Promise<Value>,
  holds: (value: Value) => boolean,
  told: { readonly expected: string; readonly where: string; readonly patienceMs: number },
): Promise<Value> {
  for (const deadline = Date.now() + told.patienceMs; ; ) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Difference(`${told.expected} within ${told.patienceMs / 1000} s`, shown(value), told.where);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}
