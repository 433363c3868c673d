"use client";
import { Command } from "cmdk";
import { ArrowLeft, MoonStar, Power, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { isOperator, useCurrentUser } from "../shell/user-context";
import { isEligible } from "./bulk";
import { type PaletteVerb, paletteVerbs } from "./palette-words";
import type { ListedSession } from "./session-rows";
import { useSessionActions } from "./use-session-actions";

const looks = {
  hibernate: { word: "Hibernate", icon: <MoonStar aria-hidden /> },
  wake: { word: "Wake", icon: <Sun aria-hidden /> },
  terminate: { word: "Terminate", icon: <Power aria-hidden /> },
} as const;

interface PaletteSessionProps {
  session: ListedSession;
  className: string;
  onDone: () => void;
  /** Ends what runs: it is asked about first. */
  onTerminate: (session: ListedSession) => void;
}

/** What can be done to one session, each by its verb and name. */
export function PaletteSession({ session, className, onDone, onTerminate }: PaletteSessionProps) {
  const user = useCurrentUser();
  const actions = useSessionActions(session);
  const person = { username: user.username, staff: isOperator(user) };
  const verbs: readonly PaletteVerb[] = ["hibernate", "wake", "terminate"];
  return verbs
    .filter((verb) => isEligible(verb, session, person))
    .map((verb) => (
      <Command.Item
        key={verb}
        value={`${paletteVerbs[verb].join(" ")} ${session.name} ${session.id}`}
        onSelect={() => {
          if (verb === "terminate") return onTerminate(session);
          actions[verb]();
          onDone();
        }}
        className={className}
      >
        {looks[verb].icon}
        <span className="min-w-0 flex-1 truncate">
          {looks[verb].word} {session.name}
          {verb === "terminate" ? "…" : ""}
        </span>
      </Command.Item>
    ));
}

interface PaletteTerminateProps {
  session: ListedSession;
  className: string;
  group: (children: ReactNode) => ReactNode;
  onDone: () => void;
  onBack: () => void;
}

/** The question before a session is ended, where the list was. */
export function PaletteTerminate({ session, className, group, onDone, onBack }: PaletteTerminateProps) {
  const actions = useSessionActions(session);
  const kept = session.persistentHome && session.homeId !== null;
  return (
    <>
      <p className="px-3 pt-3 pb-2 text-ink-soft">
        Everything that runs in <span className="font-medium text-ink">{session.name}</span> ends, and what was not saved is lost.{" "}
        {kept ? "Its home is kept." : "It has no persistent home, so all of its files are lost too."}
      </p>
      {group(
        <>
          <Command.Item value="back" onSelect={onBack} className={className}>
            <ArrowLeft aria-hidden /> Leave it running
          </Command.Item>
          <Command.Item
            value="terminate"
            onSelect={() => {
              actions.terminate();
              onDone();
            }}
            className={`${className} text-failed [&>svg]:text-failed!`}
          >
            <Power aria-hidden /> Terminate {session.name}
          </Command.Item>
        </>,
      )}
    </>
  );
}
