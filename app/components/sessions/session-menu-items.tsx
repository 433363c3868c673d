"use client";
import { MoonStar, Power, PowerOff, Sun, Trash2 } from "lucide-react";
import type { Outputs } from "../../trpc/client";
import { MenuItem, MenuSeparator } from "../controls/menu-items";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import type { EndDialog } from "./end-dialogs";
import { useSessionActions } from "./use-session-actions";

interface SessionMenuItemsProps {
  session: Outputs["sessions"]["list"]["sessions"][number];
  onEnd: (dialog: EndDialog) => void;
}

/** The server decides again; this leaves out what can't make sense. */
export function SessionMenuItems({ session, onEnd }: SessionMenuItemsProps) {
  const user = useCurrentUser();
  const actions = useSessionActions(session);
  const { phase } = session.status;
  const canWake = session.state === "hibernated" && phase !== "Hibernating";
  if (session.state === "terminated") {
    return (
      <MenuItem danger icon={<Trash2 aria-hidden className="size-4" />} onSelect={() => onEnd("remove")}>
        Delete…
      </MenuItem>
    );
  }
  return (
    <>
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
      {phase === "Running" || canWake ? <MenuSeparator /> : null}
      <MenuItem danger icon={<Power aria-hidden className="size-4" />} onSelect={() => onEnd("terminate")}>
        Terminate…
      </MenuItem>
      {isAdmin(user) ? (
        <MenuItem danger icon={<PowerOff aria-hidden className="size-4" />} onSelect={() => onEnd("force")}>
          Terminate by force…
        </MenuItem>
      ) : null}
    </>
  );
}
