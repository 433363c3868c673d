import type { TokenScope } from "../../../server/modules/users/users-schema";

export const scopes: readonly TokenScope[] = ["read", "write", "admin"];

/** What each scope is called, and what a token of it may do in a sentence. */
export const scopeWords: Readonly<Record<TokenScope, { readonly name: string; readonly may: string }>> = {
  read: { name: "Read", may: "Lists and looks, watches screens and follows what happens. Changes nothing." },
  write: {
    name: "Write",
    may: "Also starts, changes and ends sessions, and runs the fleet where its owner may. No people, tokens or templates.",
  },
  admin: { name: "All", may: "Everything that its owner may, but for passwords, logins and tokens themselves." },
};
