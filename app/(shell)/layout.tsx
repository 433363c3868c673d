import type { ReactNode } from "react";
import { NowProvider } from "../components/data/now";
import { ToastProvider } from "../components/feedback/toasts";
import { LaunchedSession } from "../components/sessions/launched-session";
import { BottomBar } from "../components/shell/bottom-bar";
import { OfflineBar } from "../components/shell/offline-bar";
import { ShortcutKeys } from "../components/shell/shortcut-keys";
import { SideBar } from "../components/shell/side-bar";
import { SkipLink } from "../components/shell/skip-link";
import { UserProvider } from "../components/shell/user-context";
import { LiveUpdates } from "../live/live-updates";
import { currentUser } from "../server-caller";
import { KeepTheme } from "../theme/keep-theme";
import { TrpcProviders } from "../trpc/client";

export default async function ShellLayout({ children }: { children: ReactNode }) {
  const user = await currentUser();
  // The page knows its own path and leads to the sign-in from there.
  if (!user) return children;
  return (
    <TrpcProviders>
      <NowProvider serverNow={renderedAt()}>
        <UserProvider user={{ id: user.id, username: user.username, role: user.role, timeZone: user.timeZone }}>
          <ToastProvider>
            <SkipLink />
            <div className="flex">
              <SideBar />
              <div className="flex min-h-dvh min-w-0 flex-1 flex-col">
                <OfflineBar />
                <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
                  <LaunchedSession>{children}</LaunchedSession>
                </main>
              </div>
            </div>
            <BottomBar />
            <ShortcutKeys />
            <LiveUpdates />
            <KeepTheme />
          </ToastProvider>
        </UserProvider>
      </NowProvider>
    </TrpcProviders>
  );
}

/** A layout on the server runs once a request: its clock is no impurity there. */
const renderedAt = () => Date.now();
