"use client";
import { useQuery } from "@tanstack/react-query";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";

type Entry = Outputs["audit"]["list"]["entries"][number];

const deedsOf = (id: string) =>
  ({
    signIns: { targetId: id, action: "auth.sign_in", limit: 5, page: 1 },
    toThem: { targetId: id, limit: 10, page: 1 },
    byThem: { actorId: id, limit: 10, page: 1 },
  }) as const;

/** The person in the audit log: signing in, what was done to them, what they did. */
export function UserDeeds({ id, username }: { id: string; username: string }) {
  const asked = deedsOf(id);
  return (
    <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
      <Deeds title="Last sign-ins" none="Has not signed in yet." asked={asked.signIns} words={signInWords} />
      <Deeds
        title="Done to this account"
        none="Nothing yet."
        asked={asked.toThem}
        words={({ actorName, actorKind }) => `by ${actorName ?? actorKind}`}
      />
      <Deeds title={`Done by ${username}`} none="Nothing yet." asked={asked.byThem} words={onWhat} />
    </div>
  );
}

const signInWords = ({ details }: Entry): string => (typeof details.secondFactor === "string" ? `with a ${details.secondFactor}` : "");
const onWhat = ({ targetKind, details }: Entry): string => {
  const name = typeof details.name === "string" ? details.name : typeof details.username === "string" ? details.username : "";
  return [targetKind, name].filter(Boolean).join(" ");
};

interface DeedsProps {
  title: string;
  none: string;
  asked: { targetId?: string; actorId?: string; action?: string; limit: number; page: number };
  words: (entry: Entry) => string;
}

function Deeds({ title, none, asked, words }: DeedsProps) {
  const trpc = useTRPC();
  const audit = useQuery(trpc.audit.list.queryOptions(asked, { refetchInterval: 30_000 }));
  return (
    <Panel title={title}>
      {audit.data ? (
        audit.data.entries.length > 0 ? (
          <Card>
            <ul aria-label={title} className="divide-y divide-line">
              {audit.data.entries.map((entry) => (
                <li key={entry.id} className="flex items-baseline justify-between gap-3 px-4 py-2">
                  <div className="min-w-0">
                    <p className="truncate font-mono text-sm">{entry.action}</p>
                    <p className="tabular text-sm text-ink-faint wrap-anywhere">
                      {[words(entry), entry.address ? `from ${entry.address}` : ""].filter(Boolean).join(" ")}
                    </p>
                  </div>
                  <RelativeTime at={entry.at} className="text-sm text-ink-soft" />
                </li>
              ))}
            </ul>
          </Card>
        ) : (
          <p className="text-ink-soft">{none}</p>
        )
      ) : audit.isError ? (
        <FailurePanel
          error={audit.error}
          title="The audit log could not be read"
          onRetry={() => void audit.refetch()}
          busy={audit.isFetching}
        />
      ) : (
        <RowBones rows={3} />
      )}
    </Panel>
  );
}
