"use client";
import type { Outputs } from "../../trpc/client";
import { ConfirmDialog } from "../controls/confirm-dialog";
import { type SessionActions, useSessionActions } from "./use-session-actions";

type Session = Outputs["sessions"]["list"]["sessions"][number];
export type EndDialog = "terminate" | "force" | "remove" | null;

interface EndDialogsProps {
  session: Session;
  actions: SessionActions;
  open: EndDialog;
  onClose: () => void;
  onRemoved?: () => void;
}

/** The dialogs before a session ends or its row goes; each says what is lost and what is kept. */
export function EndDialogs({ session, actions, open, onClose, onRemoved }: EndDialogsProps) {
  const keepsHome = session.persistentHome && session.homeId !== null;
  if (open === "terminate") {
    return (
      <ConfirmDialog
        open
        onClose={onClose}
        title={`Terminate ${session.name}?`}
        action="Terminate"
        onConfirm={() => {
          actions.terminate();
          onClose();
        }}
      >
        <p>Everything that runs in it ends, and what was not saved is lost.</p>
        {keepsHome ? (
          <p className="mt-2">Its home is kept: a new session can use the files in it, and you find it under Homes.</p>
        ) : (
          <p className="mt-2">This session has no persistent home, so all of its files are lost too.</p>
        )}
      </ConfirmDialog>
    );
  }
  if (open === "force") {
    return (
      <ConfirmDialog
        open
        onClose={onClose}
        title={`Terminate ${session.name} by force?`}
        action="Terminate by force"
        onConfirm={() => {
          actions.forceTerminate();
          onClose();
        }}
      >
        <p>
          Berth stops waiting for the agent. A container that the agent could not remove stays on its host and is listed there as an orphan.
        </p>
        {keepsHome ? <p className="mt-2">Its home is kept.</p> : null}
      </ConfirmDialog>
    );
  }
  if (open === "remove") {
    return (
      <ConfirmDialog
        open
        onClose={onClose}
        title={`Delete ${session.name}?`}
        action="Delete"
        typedName={keepsHome ? session.name : undefined}
        busy={actions.removing}
        onConfirm={() =>
          actions.remove(() => {
            onClose();
            onRemoved?.();
          })
        }
      >
        {keepsHome ? (
          <p>
            The session goes from the list, and its home with every file in it is deleted. This can’t be undone. To keep the files, leave
            the session as it is.
          </p>
        ) : (
          <p>The session and its timeline go from the list. There is no home, so no files are lost.</p>
        )}
      </ConfirmDialog>
    );
  }
  return null;
}

/** For a session of a list, where nothing else waits for what is asked here. */
export function ListEndDialogs(props: Omit<EndDialogsProps, "actions" | "onRemoved">) {
  return <EndDialogs {...props} actions={useSessionActions(props.session)} />;
}
