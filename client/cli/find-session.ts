import type { BerthClient } from "../berth-client";
import { UsageError } from "./exit-codes";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * A session by its id, or by its name: the live one where there are several. Throws `UsageError` where no session, or more than one, is
 * meant, and what the list throws.
 */
export async function findSession({ api }: BerthClient, idOrName: string): Promise<{ id: string; name: string }> {
  if (uuid.test(idOrName)) {
    const { id, name } = await api.sessions.get.query({ id: idOrName.toLowerCase() });
    return { id, name };
  }
  const { sessions } = await api.sessions.list.query({ search: idOrName, limit: 100 });
  const named = sessions.filter(({ name }) => name === idOrName);
  const live = named.filter(({ state }) => state !== "terminated");
  const [found, other] = live.length > 0 ? live : named;
  if (!found) throw new UsageError(`There is no session '${idOrName}' that you may see; see: berth sessions list`);
  if (other) throw new UsageError(`There is more than one session '${idOrName}'; say which by its id: ${found.id}, ${other.id}`);
  return found;
}
