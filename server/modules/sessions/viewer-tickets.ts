import type { z } from "zod";
import type { Asker } from "../users/users-schema";
import type { openViewerInput, openViewerOutput } from "./sessions-schema";

export class ViewerTickets {
  async open(_asker: Asker, _input: z.output<typeof openViewerInput>): Promise<z.output<typeof openViewerOutput>> { throw new Error("not built yet"); }
}
