"use client";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import type { Outputs } from "../../trpc/client";
import { IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { lazyContent, lazyInBrowser } from "../lazy-part";
import { isOperator, useCurrentUser } from "../shell/user-context";
import type { EndDialog } from "./end-dialogs";

const SessionMenuItems = lazyContent(() => import("./session-menu-items").then((module) => module.SessionMenuItems));
const ListEndDialogs = lazyInBrowser(() => import("./end-dialogs").then((module) => module.ListEndDialogs));

type Session = Outputs["sessions"]["list"]["sessions"][number];

/** What can be done to a session from a list. A page of them has as many menus: what one of them needs comes when it is opened. */
export function SessionMenu({ session }: { session: Session }) {
  const user = useCurrentUser();
  const [dialog, setDialog] = useState<EndDialog>(null);
  // To the screen alone is who was invited.
  if (session.user !== user.username && !isOperator(user)) return null;
  return (
    <>
      <Menu
        onNear={SessionMenuItems.load}
        trigger={
          <IconButton label={`Actions for ${session.name}`}>
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
      >
        <SessionMenuItems session={session} onEnd={setDialog} />
      </Menu>
      {dialog ? <ListEndDialogs session={session} open={dialog} onClose={() => setDialog(null)} /> : null}
    </>
  );
}
