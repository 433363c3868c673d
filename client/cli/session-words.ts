import type { Session, SessionWish } from "../berth-client";
import type { GlobalOptions, Run } from "./command-run";
import { errorWords } from "./exit-codes";
import type { World } from "./world";

export interface WaitOptions extends GlobalOptions {
  readonly wait?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

export const WAIT_SECONDS = 120;

export const oneLine = ({ name, status, id }: Session): string => `${name}  ${status.queue ? status.message : status.phase}  ${id}`;

/** How long a command waits; Ctrl-C ends it. */
export const patience = (world: World, { timeout = WAIT_SECONDS }: WaitOptions): SessionWish => ({
  timeoutMs: timeout * 1000,
  signal: world.signal,
});

/** Opens a session's page, and gives its address. A machine without a browser is told of, and is no failure. */
export async function openPage({ world, berth }: Run, id: string): Promise<string> {
  const page = `${berth.url}/sessions/${id}`;
  await world.openBrowser(page).catch((error: unknown) => world.err(`${errorWords(error)}; open ${page} yourself`));
  return page;
}
