"use client";
import { useQuery } from "@tanstack/react-query";
import { usePathname, useSearchParams } from "next/navigation";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { PanelEdge, type PanelKind, usePanelWidth } from "./panel-width";
import { SessionDetails } from "./session-details";
import { Timeline } from "./timeline";
import { timelineSteps } from "./timeline-steps";

const SessionFiles = lazyInBrowser(() => import("../files/session-files").then((module) => module.SessionFiles));
const SessionSnapshots = lazyInBrowser(() => import("../snapshots/session-snapshots").then((module) => module.SessionSnapshots));
const TerminalsTab = lazyInBrowser(() => import("../terminals/terminals-tab").then((module) => module.TerminalsTab));
const SessionStats = lazyInBrowser(() => import("./session-stats").then((module) => module.SessionStats));
const EnvironmentTab = lazyInBrowser(() => import("../environment/environment-tab").then((module) => module.EnvironmentTab));
const SessionVersions = lazyInBrowser(() => import("../versions/session-versions").then((module) => module.SessionVersions));
const SessionLogs = lazyInBrowser(() => import("./session-logs").then((module) => module.SessionLogs));
const SessionPorts = lazyInBrowser(() => import("./session-ports").then((module) => module.SessionPorts));

type Detail = Outputs["sessions"]["get"];

interface PanelTab {
  readonly value: string;
  readonly label: string;
  readonly kind: PanelKind;
  /** Scrolls and frames itself; else it is text in a box that scrolls. */
  readonly fills?: boolean;
  offered?(session: Detail): boolean;
  content(session: Detail): ReactNode;
}

/** In the order in which they are shown. A tab's content is there while it is open, and no longer. */
const tabs: readonly PanelTab[] = [
  { value: "timeline", label: "Timeline", kind: "narrow", content: ({ id }) => <FullTimeline id={id} /> },
  { value: "details", label: "Details", kind: "narrow", content: (session) => <SessionDetails session={session} /> },
  {
    value: "terminal",
    label: "Terminal",
    kind: "wide",
    fills: true,
    offered: ({ may }) => may.terminal,
    content: (session) => <TerminalsTab session={session} />,
  },
  {
    value: "files",
    label: "Files",
    kind: "wide",
    fills: true,
    offered: ({ may }) => may.files,
    content: (session) => <SessionFiles session={session} />,
  },
  {
    value: "logs",
    label: "Log",
    kind: "wide",
    fills: true,
    offered: ({ may }) => may.logs,
    content: (session) => <SessionLogs session={session} />,
  },
  { value: "stats", label: "Stats", kind: "wide", content: (session) => <SessionStats session={session} /> },
  {
    value: "environment",
    label: "Environment",
    kind: "wide",
    offered: ({ may }) => may.environment,
    content: (session) => <EnvironmentTab session={session} />,
  },
  { value: "versions", label: "Versions", kind: "narrow", content: (session) => <SessionVersions session={session} /> },
  {
    value: "ports",
    label: "Ports",
    kind: "wide",
    offered: ({ may }) => may.ports,
    content: (session) => <SessionPorts session={session} />,
  },
  {
    value: "snapshots",
    label: "Snapshots",
    kind: "narrow",
    offered: ({ homeId }) => homeId !== null,
    content: (session) => <SessionSnapshots session={session} />,
  },
];

const tabClass =
  "h-9 shrink-0 border-b-2 border-transparent px-1 text-base text-ink-soft transition-colors duration-150 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink data-[state=active]:font-medium";

/** A tab that an address names may be beyond the edge of a narrow panel. */
const bringIntoSight = (tab: HTMLElement | null) => tab?.scrollIntoView({ block: "nearest", inline: "nearest" });

/** Of the address: which tab is open. */
export const PANEL_TAB = "tab";

/** Beside the desktop, or below it on a narrow screen: what happened, what it is, and what is done inside it. */
export function SessionPanel({ session }: { session: Detail }) {
  const pathname = usePathname();
  const chosen = useSearchParams().get(PANEL_TAB);
  const offered = tabs.filter((tab) => tab.offered?.(session) ?? true);
  const open = offered.find(({ value }) => value === chosen) ?? offered[0];
  const kind = open?.kind ?? "narrow";
  const width = usePanelWidth(kind);
  return (
    <aside
      aria-label="About this session"
      style={{ width }}
      className={`relative flex shrink-0 flex-col border-t border-line bg-surface max-md:w-full! md:h-auto md:max-h-none md:max-w-[calc(100%-20rem)] md:border-t-0 md:border-l ${kind === "wide" ? "h-[65dvh]" : "max-h-[55dvh]"}`}
    >
      <PanelEdge kind={kind} />
      <Tabs.Root
        value={open?.value ?? ""}
        onValueChange={(tab) => window.history.replaceState(null, "", `${pathname}?${PANEL_TAB}=${tab}`)}
        className="flex min-h-0 flex-1 flex-col"
      >
        <Tabs.List aria-label="About this session" className="flex shrink-0 gap-4 overflow-x-auto border-b border-line px-4">
          {offered.map(({ value, label }) => (
            <Tabs.Trigger key={value} value={value} ref={value === open?.value ? bringIntoSight : undefined} className={tabClass}>
              {label}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {offered.map(({ value, fills, content }) => (
          <Tabs.Content
            key={value}
            value={value}
            className={`min-h-0 flex-1 data-[state=inactive]:hidden ${fills ? "flex flex-col" : "overflow-y-auto p-4"}`}
          >
            {content(session)}
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </aside>
  );
}

function FullTimeline({ id }: { id: string }) {
  const trpc = useTRPC();
  const events = useQuery(trpc.sessions.events.queryOptions({ id }));
  if (events.data) return <Timeline steps={timelineSteps(events.data.events)} label="Timeline" />;
  if (events.isError)
    return (
      <FailurePanel
        error={events.error}
        title="The timeline could not be read"
        onRetry={() => void events.refetch()}
        busy={events.isFetching}
      />
    );
  return (
    <div className="flex flex-col gap-4">
      {["a", "b", "c", "d"].map((row) => (
        <Bone key={row} className="h-4 w-full" />
      ))}
    </div>
  );
}
