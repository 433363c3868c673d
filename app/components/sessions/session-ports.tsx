"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import { useCurrentUser } from "../shell/user-context";
import { ReasonForm } from "../viewer/reason-form";
import { PortLinks } from "./port-links";
import { PortRow } from "./port-row";

const PortForm = lazyInBrowser(() => import("./port-form").then((module) => module.PortForm));
const PortShareDialog = lazyInBrowser(() => import("./port-share-dialog").then((module) => module.PortShareDialog));

type Detail = Outputs["sessions"]["get"];
type Port = Outputs["ports"]["list"]["ports"][number];

/** Programs come and go without a word: whoever looks is told this often. */
const LOOK_EVERY_MS = 5000;

/** What listens inside a session, and the ways to it. */
export function SessionPorts({ session }: { session: Detail }) {
  const user = useCurrentUser();
  const [reason, setReason] = useState<string>();
  if (session.user !== user.username && reason === undefined)
    return <ReasonForm owner={session.user} what="session" onReason={setReason} />;
  return <Ports session={session} reason={reason} own={session.user === user.username} />;
}

function Ports({ session, reason, own }: { session: Detail; reason: string | undefined; own: boolean }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [adding, setAdding] = useState(false);
  const [sharing, setSharing] = useState<Port>();
  const { id } = session;
  const running = session.status.phase === "Running";
  const found = useQuery(trpc.ports.list.queryOptions({ id }, { refetchInterval: running ? LOOK_EVERY_MS : false }));
  const open = useMutation(
    trpc.sessions.openPort.mutationOptions({ onError: (error) => toasts.failed("The port could not be opened", error) }),
  );
  const forget = useMutation(
    trpc.ports.forget.mutationOptions({
      onError: (error) => toasts.failed("The port could not be removed", error),
      onSettled: () => queryClient.invalidateQueries(trpc.ports.list.queryFilter({ id })),
    }),
  );
  const openInTab = ({ port }: Port) => {
    // Opened by the press itself, or the browser would hold it back; it has no hold on this page.
    const tab = window.open("about:blank", "_blank");
    if (tab) tab.opener = null;
    open.mutate(
      { id, port, reason },
      {
        onSuccess: ({ url }) => (tab ? tab.location.replace(url) : window.location.assign(url)),
        onError: () => tab?.close(),
      },
    );
  };

  if (found.isPending)
    return (
      <div className="flex flex-col gap-4">
        {["a", "b", "c"].map((row) => (
          <Bone key={row} className="h-12 w-full" />
        ))}
      </div>
    );
  if (!found.data)
    return (
      <FailurePanel error={found.error} title="The ports could not be read" onRetry={() => void found.refetch()} busy={found.isFetching} />
    );
  const { ports, detection, problem } = found.data;
  return (
    <div className="flex flex-col gap-5">
      <section aria-label="Ports" className="flex flex-col gap-2">
        {detection === "asleep" ? (
          <p className="text-ink-soft">Ports are open while the session runs. Nothing listens in it now.</p>
        ) : detection === "unknown" ? (
          <p className="text-ink-soft wrap-anywhere">Which programs listen is not known: {problem}. A port can be added by its number.</p>
        ) : ports.length === 0 ? (
          <p className="text-ink-soft">
            No program listens in this session yet. One that does, such as a development server, appears here within seconds.
          </p>
        ) : null}
        {ports.length > 0 ? (
          <ul className="flex flex-col divide-y divide-line rounded-lg border border-line">
            {ports.map((port) => (
              <PortRow
                key={port.port}
                port={port}
                session={session}
                running={running}
                opening={open.isPending && open.variables.port === port.port}
                onOpen={() => openInTab(port)}
                onShare={own && session.policy.sharing ? () => setSharing(port) : null}
                onForget={port.saved ? () => forget.mutate({ id, port: port.port }) : null}
              />
            ))}
          </ul>
        ) : null}
        {adding ? (
          <PortForm sessionId={id} onDone={() => setAdding(false)} />
        ) : (
          <div>
            <Button size="small" onClick={() => setAdding(true)} icon={<Plus aria-hidden className="size-3.5" />}>
              Add a port
            </Button>
          </div>
        )}
      </section>
      <PortLinks sessionId={id} />
      {sharing ? <PortShareDialog sessionId={id} port={sharing} onClose={() => setSharing(undefined)} /> : null}
    </div>
  );
}
