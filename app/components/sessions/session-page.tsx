"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, PanelRight } from "lucide-react";
import { usePathname, useSearchParams } from "next/navigation";
import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { type Outputs, useTRPC } from "../../trpc/client";
import { IconButton } from "../controls/button";
import { PressButton } from "../controls/press-button";
import { FailurePanel } from "../feedback/failure-panel";
import { lazyInBrowser } from "../lazy-part";
import { Breadcrumb } from "../shell/page-header";
import { useCurrentUser } from "../shell/user-context";
import { TerminalVisits } from "../terminals/terminal-visits";
import type { DesktopHandle } from "../viewer/desktop";
import { DesktopTools } from "../viewer/desktop-tools";
import { IdleWarning } from "../viewer/idle-warning";
import { ScreenBar } from "../viewer/screen-bar";
import { ScreenPeople } from "../viewer/screen-people";
import { useFullScreen } from "../viewer/use-full-screen";
import { useViewerSettings } from "../viewer/viewer-settings";
import { VisitBanner } from "../viewer/visit-banner";
import { SessionBarActions } from "./session-bar-actions";
import { SessionPageBones } from "./session-page-bones";
import { PANEL_TAB, SessionPanel } from "./session-panel";
import { phaseLook } from "./session-phase";
import { SessionStage } from "./session-stage";
import { SessionStatus } from "./session-status";
import { StartTimeline } from "./start-timeline";
import { useSessionActions } from "./use-session-actions";

const Desktop = lazyInBrowser(() => import("../viewer/desktop").then((module) => module.Desktop), <div className="flex-1 bg-[#101012]" />);

const TouchBar = lazyInBrowser(() => import("../viewer/touch-bar").then((module) => module.TouchBar));

type Detail = Outputs["sessions"]["get"];

const noDesktop: DesktopHandle = { connection: null, clipboard: "" };

/** What moves is asked for this often, should the event that says so get lost. */
const MOVING_POLL_MS = 3000;

export function SessionPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const session = useQuery({
    ...trpc.sessions.get.queryOptions({ id }),
    refetchInterval: ({ state }) => (state.data && phaseLook[state.data.status.phase].moving ? MOVING_POLL_MS : 60_000),
  });
  if (session.data) return <LoadedSession session={session.data} />;
  if (!session.isError) return <SessionPageBones />;
  return (
    <div className="p-4 md:p-8">
      <FailurePanel
        error={session.error}
        title="The session could not be read"
        onRetry={() => void session.refetch()}
        busy={session.isFetching}
      />
    </div>
  );
}

function LoadedSession({ session }: { session: Detail }) {
  const user = useCurrentUser();
  const actions = useSessionActions(session);
  const { phase } = session.status;
  // Its viewer is there before its desktop, and so sees the first thing it shows.
  const comingUp =
    (phase === "Pending" || phase === "Starting" || phase === "Waking") && session.user === user.username && session.agentId !== null;
  const showsDesktop = session.display.protocol === "rfb" && (comingUp || (phase === "Running" && session.may.view));
  const trpc = useTRPC();
  const [settings] = useViewerSettings();
  const [screen, setScreen] = useState<HTMLElement | null>(null);
  const [desktop, setDesktop] = useState<DesktopHandle>(noDesktop);
  const [onlyView, setOnlyView] = useState(false);
  const mode = (session.may.control || comingUp) && !onlyView ? "control" : "view";
  const [reason, setReason] = useState<string>();
  const pathname = usePathname();
  const tabAsked = useSearchParams().has(PANEL_TAB);
  const [panelOpen, setPanelOpen] = useState(tabAsked || phase === "Hibernated" || phase === "Terminated");
  const [barHidden, setBarHidden] = useState(false);
  const { active: fullScreen } = useFullScreen();
  const barToggle = useRef<HTMLButtonElement>(null);
  const barTools = useRef<HTMLDivElement>(null);
  const needsReason = session.user !== user.username && session.invited === null && reason === undefined;
  const usesApp = session.display.protocol === "http" && phase === "Running" && session.may.control && !needsReason;
  const connectable = showsDesktop && !needsReason;
  const people = useQuery({ ...trpc.sessions.viewers.queryOptions({ id: session.id }), enabled: connectable && !comingUp });
  const leads = mode === "control" && (people.data?.viewers.find((viewer) => viewer.you)?.controls ?? true);

  const togglePanel = () => {
    if (panelOpen && tabAsked) window.history.replaceState(null, "", pathname);
    setPanelOpen(!panelOpen);
  };

  const showBar = () => {
    flushSync(() => setBarHidden(false));
    (barToggle.current ?? barTools.current?.querySelector("button"))?.focus();
  };

  const stage = <SessionStage session={session} actions={actions} needsReason={needsReason} reason={reason} onReason={setReason} />;

  const bar = (
    <ScreenBar floats={fullScreen && connectable} hidden={barHidden && connectable}>
      <div className="flex flex-wrap items-center gap-x-3 px-3 py-1.5">
        <div className="flex min-w-0 flex-1 basis-64 items-center gap-3">
          <div className="min-w-0">
            <Breadcrumb crumbs={[{ href: "/sessions", label: "Sessions" }]} title={session.name} />
          </div>
          <SessionStatus session={session} />
        </div>
        <div ref={barTools} role="toolbar" aria-label="Session" className="flex flex-wrap items-center justify-end">
          {(connectable && !comingUp) || usesApp ? (
            <ScreenPeople
              sessionId={session.id}
              shows={usesApp ? "app" : "screen"}
              canShare={session.may.share && session.policy.sharing}
            />
          ) : null}
          {connectable && !comingUp ? (
            <DesktopTools
              {...desktop}
              name={session.name}
              policy={session.policy}
              mode={mode}
              onMode={session.may.control ? (next) => setOnlyView(next === "view") : undefined}
            />
          ) : null}
          <SessionBarActions session={session} actions={actions} />
          <IconButton label="Timeline and details" pressed={panelOpen} onClick={togglePanel}>
            <PanelRight aria-hidden className="size-4" />
          </IconButton>
          {connectable && !fullScreen ? (
            <IconButton ref={barToggle} label="Hide the bar" onClick={() => setBarHidden(true)}>
              <ChevronUp aria-hidden className="size-4" />
            </IconButton>
          ) : null}
        </div>
      </div>
    </ScreenBar>
  );

  return (
    <div
      className={`flex flex-col ${fullScreen ? "fixed inset-0 z-45 bg-canvas" : "h-[calc(100dvh-3.5rem-env(safe-area-inset-bottom))] md:h-dvh"}`}
      data-session-phase={session.status.phase}
    >
      <div className="flex min-h-0 flex-1 flex-col md:flex-row">
        <section aria-label={session.name} className="relative flex min-h-0 min-w-0 flex-1 flex-col">
          <h1 className="sr-only">{session.name}</h1>
          {bar}
          {connectable && session.user === user.username ? <VisitBanner sessionId={session.id} /> : null}
          {phase === "Running" && session.user === user.username ? <TerminalVisits sessionId={session.id} /> : null}
          <div ref={setScreen} className="relative flex min-h-0 flex-1 flex-col">
            {phase === "Running" ? (
              <IdleWarning key={session.id} session={session} mayStay={session.may.control} desktop={leads ? screen : null} />
            ) : null}
            {connectable ? (
              <>
                <Desktop
                  key={mode}
                  sessionId={session.id}
                  name={session.name}
                  mode={mode}
                  reason={reason}
                  settings={settings}
                  leads={leads}
                  curtain={comingUp ? stage : null}
                  onHandle={setDesktop}
                  onLeave={showBar}
                  beforeFirstFrame={<StartTimeline sessionId={session.id} progress="First frame" underWay />}
                />
                {desktop.connection && mode === "control" ? (
                  <TouchBar rfb={desktop.connection.rfb} pans={settings.scaling === "actual"} />
                ) : null}
                {barHidden || fullScreen ? (
                  <PressButton
                    aria-label="Show the bar"
                    title="Show the bar"
                    onClick={showBar}
                    className="absolute top-0 left-1/2 z-10 flex h-5 w-14 -translate-x-1/2 items-center justify-center rounded-b-md border border-t-0 border-line bg-surface/80 text-ink-soft opacity-60 hover:opacity-100 focus-visible:opacity-100"
                  >
                    <ChevronDown aria-hidden className="size-3.5" />
                  </PressButton>
                ) : null}
              </>
            ) : (
              stage
            )}
          </div>
        </section>
        {panelOpen ? <SessionPanel session={session} /> : null}
      </div>
    </div>
  );
}
