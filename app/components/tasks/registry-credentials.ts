/** The contract's words for both; null for neither, a problem for one without the other. */
export function registryCredentials(username: string, password: string) {
  if (!username && !password) return { credentials: null, problem: null };
  if (!username || !password) return { credentials: null, problem: "Give both, a name and a password, or neither" };
  return { credentials: { "registry.username": username, "registry.password": password }, problem: null };
}
