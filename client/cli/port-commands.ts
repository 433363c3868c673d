import type { Command } from "commander";
import type { Outputs } from "../berth-client";
import { command, type GlobalOptions, signedIn } from "./command-run";
import { errorWords, UsageError } from "./exit-codes";
import { findSession } from "./find-session";
import type { World } from "./world";

interface ForwardOptions extends GlobalOptions {
  readonly address: string;
  readonly reason?: string;
}

/** `[LOCAL:]REMOTE`; a local 0 is any that is free. Throws `UsageError`. */
export function portPair(text: string): { localPort: number; port: number } {
  const found = /^(?:(\d{1,5}):)?(\d{1,5})$/.exec(text);
  const port = Number(found?.[2]);
  const localPort = found?.[1] === undefined ? port : Number(found[1]);
  if (!found || port < 1 || port > 65_535 || localPort > 65_535)
    throw new UsageError(`'${text}' is no port: say 5432, or 15432:5432 for port 15432 here and 5432 in the session`);
  return { localPort, port };
}

/** `berth port-forward`: until Ctrl-C, each connection on its own, so that a session that was away is there again for the next. */
export function portForwardCommand(world: World): Command {
  return command("port-forward", "reach ports of a session on this machine: berth port-forward <session> 5432")
    .argument("<session>", "id or name")
    .argument("<ports...>", "[local:]remote")
    .option("--address <address>", "where to listen; whoever reaches it reaches the session", "127.0.0.1")
    .option("--reason <text>", "why, for another person's session (administrators)")
    .action((session: string, pairs: string[], { address, reason, ...options }: ForwardOptions) =>
      signedIn(world, options, async ({ berth }) => {
        const wished = pairs.map(portPair);
        const { id } = await findSession(berth, session);
        const open: { close(): Promise<void> }[] = [];
        try {
          for (const { port, localPort } of wished) {
            const ticketPath =
              reason === undefined
                ? undefined
                : async () => (await berth.api.sessions.openPort.mutate({ id, port, kind: "tcp", reason })).url;
            const forwarding = await berth.sessions
              .forward(id, {
                ...{ port, localPort, address, ticketPath },
                onProblem: (error) => world.err(`port ${port}: ${errorWords(error)}`),
              })
              .catch((error: unknown) => {
                throw new Error(`Port ${localPort} of ${address} can't be listened on: ${error instanceof Error ? error.message : error}`);
              });
            open.push(forwarding);
            const host = address.includes(":") ? `[${address}]` : address;
            world.out(`Forwarding from ${host}:${forwarding.localPort} -> ${port}`);
          }
          await untilAborted(world.signal);
        } finally {
          await Promise.all(open.map((one) => one.close()));
        }
      }),
    );
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // A listening server holds the program; in a test there is nothing else to wait for.
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

type Port = Outputs["ports"]["list"]["ports"][number];

/** `berth ports`: what is written down, and who listens. */
export function portsCommand(world: World): Command {
  return command("ports", "list a session's ports, and who listens there")
    .argument("<session>", "id or name")
    .action((session: string, options: GlobalOptions) =>
      signedIn(world, options, async ({ berth, rows }) => {
        const { id } = await findSession(berth, session);
        const answer = await berth.api.ports.list.query({ id });
        if (answer.problem !== null) world.err(`berth: who listens is not known: ${answer.problem}`);
        rows<Port>(
          answer,
          answer.ports,
          [
            { head: "PORT", text: ({ port }) => String(port) },
            { head: "KIND", text: ({ kind }) => kind },
            { head: "NAME", text: ({ name }) => name },
            { head: "LISTENS", text: ({ listening }) => listening ?? "-" },
            { head: "PROGRAM", text: ({ process, display }) => (display ? "the session's display" : (process ?? "")) },
          ],
          "No program listens in this session",
        );
      }),
    );
}
