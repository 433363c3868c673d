import { Command, InvalidArgumentError } from "commander";
import type { z } from "zod";
import { type BerthClient, createBerthClient } from "../berth-client";
import { whereAndWho } from "./credentials";
import { NotSignedIn } from "./exit-codes";
import { type Column, table } from "./table";
import type { World } from "./world";

export interface GlobalOptions {
  readonly url?: string | undefined;
  readonly json?: boolean | undefined;
}

/** What a command works with. */
export interface Run {
  readonly world: World;
  readonly berth: BerthClient;
  readonly json: boolean;
  /** With `--json` the answer as it came, else what `words` makes of it. */
  say<T>(answer: T, words: (answer: T) => string): void;
  rows<Row>(answer: unknown, rows: readonly Row[], columns: readonly Column<Row>[], none: string): void;
}

/** A command of commands. It has no options: it would take those that were meant for them. */
export const group = (name: string, description: string): Command => new Command(name).description(description);

/** A command with the two options that all have. */
export const command = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .option("--url <address>", "where Berth is (or BERTH_URL)")
    .option("--json", "print the answer as JSON");

/** Runs `act` with a client that is signed in, and ends its connections. Throws `NotSignedIn`. */
export async function signedIn(world: World, options: GlobalOptions, act: (run: Run) => Promise<void>): Promise<void> {
  const { url, token } = whereAndWho(world, options);
  if (token === null) throw new NotSignedIn(`You are not signed in at ${url}. Sign in with: berth login --url ${url}`);
  const berth = createBerthClient({ url, token, userAgent: "berth-cli" });
  const json = options.json === true;
  try {
    await act({
      world,
      berth,
      json,
      say: (answer, words) => world.out(json ? JSON.stringify(answer, null, 2) : words(answer)),
      rows: (answer, rows, columns, none) => {
        if (json) world.out(JSON.stringify(answer, null, 2));
        else world.out(rows.length === 0 ? none : table(columns, rows, world.terminal?.columns ?? null));
      },
    });
  } finally {
    await berth.close();
  }
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("it takes a whole number.");
  return Number(text);
}

/** One of the words of a schema's, or a usage error that names them. */
export const wordOf =
  <Word extends string>(schema: z.ZodEnum<Record<Word, Word>>) =>
  (text: string): Word => {
    const word = schema.safeParse(text);
    if (!word.success) throw new InvalidArgumentError(`it takes one of ${schema.options.join(", ")}.`);
    return word.data;
  };

export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
