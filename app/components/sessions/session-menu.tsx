"use client";
import { Ellipsis, MoonStar, Power, PowerOff, Sun, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Outputs } from "../../trpc/client";
import { IconButton } from "../controls/button";
import { Menu, MenuItem, MenuSeparator } from "../controls/menu";
import { lazyInBrowser } from "../lazy-part";
import { isAdmin, isOperator, useCurrentUser } from "../shell/user-context";
import type { EndDialog } from "./end-dialogs";
import { useSessionActions } from "./use-session-actions";

const EndDialogs = lazyInBrowser(() => import("./end-dialogs").then((module) => module.EndDialogs));

type Session = Outputs["sessions"]["list"]["sessions"][number];

/** What can be done to a session from a list. The server decides again; this leaves out what can't make sense. */
export function SessionMenu({ session }: { session: Session }) {
  const user = useCurrentUser();
  const actions = useSessionActions(session);
  const [dialog, setDialog] = useState<EndDialog>(null);
  const { phase } = session.status;
  const ended = session.state === "terminated";
  // To the screen alone is who was invited.
  if (session.user !== user.username && !isOperator(user)) return null;
  const canWake = session.state === "hibernated" && phase !== "Hibernating";
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${session.name}`}>
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
      >
        {phase === "Running" ? (
          <MenuItem icon={<MoonStar aria-hidden className="size-4 text-ink-soft" />} onSelect={actions.hibernate}>
            Hibernate
          </MenuItem>
        ) : null}
        {canWake ? (
          <MenuItem icon={<Sun aria-hidden className="size-4 text-ink-soft" />} onSelect={actions.wake}>
            Wake
          </MenuItem>
        ) : null}
        {ended ? (
          <MenuItem danger icon={<Trash2 aria-hidden className="size-4" />} onSelect={() => setDialog("remove")}>
            Delete…
          </MenuItem>
        ) : (
          <>
            {phase === "Running" || canWake ? <MenuSeparator /> : null}
            <MenuItem danger icon={<Power aria-hidden className="size-4" />} onSelect={() => setDialog("terminate")}>
              Terminate…
            </MenuItem>
            {isAdmin(user) ? (
              <MenuItem danger icon={<PowerOff aria-hidden className="size-4" />} onSelect={() => setDialog("force")}>
                Terminate by force…
              </MenuItem>
            ) : null}
          </>
        )}
      </Menu>
      {dialog ? <EndDialogs session={session} actions={actions} open={dialog} onClose={() => setDialog(null)} /> : null}
    </>
  );
}
