/** A username out of what an identity provider says: the address' local part, else the name, else `person`. */
export function usernameFor(profile: { email: string | null; name: string | null }): string {
  const source = profile.email?.split("@")[0] ?? profile.name ?? "";
  const username = source
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[-._]+$/g, "")
    .slice(0, 63);
  return username || "person";
}
