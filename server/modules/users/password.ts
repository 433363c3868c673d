import { hash, verify } from "@node-rs/argon2";

/** argon2id (the library's default) with OWASP's first recommendation: 19 MiB, two passes, one lane. About 20 ms of one core. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashPassword = (password: string): Promise<string> => hash(password, cost);

let stranger: Promise<string> | undefined;

/** `stored` is null for people without a password and for names that don't exist: the work, and so the time, is the same. */
export async function checkPassword(stored: string | null, password: string): Promise<boolean> {
  stranger ??= hashPassword("nobody has this password");
  const matches = await verify(stored ?? (await stranger), password).catch(() => false);
  return stored !== null && matches;
}
