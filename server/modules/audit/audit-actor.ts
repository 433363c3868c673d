/** Who did it. An agent's deeds are reports; the system's are what jobs decide. */
export type AuditActor =
  | { readonly kind: "user"; readonly id: string; readonly name: string; readonly address: string | null; readonly token?: string | null }
  | { readonly kind: "agent"; readonly id: string; readonly name: string; readonly address: string | null }
  /** Not signed in. */
  | { readonly kind: "nobody"; readonly address: string }
  | { readonly kind: "system" };

export const actorOf = (asker: { userId: string; username: string; address: string; token?: { name: string } | null }): AuditActor => ({
  kind: "user",
  id: asker.userId,
  name: asker.username,
  address: asker.address,
  token: asker.token?.name ?? null,
});
