import type { Credentials } from "../identity/credentials";

/** For control planes of tests and benches, which ask for nothing better. */
export const fixedCredentials = (secret: string): Credentials => ({
  headers: async () => ({ authorization: `Bearer ${secret}` }),
  tls: () => ({}),
});
