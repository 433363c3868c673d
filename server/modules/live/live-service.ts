import type { Login } from "../users/users-schema";
import type { LiveEvent } from "./live-schema";

export class LiveService {
  async *events(_login: Login, _lastEventId: string | null, _signal: AbortSignal | undefined): AsyncGenerator<{ id: string; event: LiveEvent }> { throw new Error("not built yet"); }
}
