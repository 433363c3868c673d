"use client";
import { Deeds, type Entry } from "../audit/deeds";
import { deedsOf } from "./user-reads";

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
