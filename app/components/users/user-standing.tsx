"use client";
import { CircleCheck, CircleSlash, Mail, MailX } from "lucide-react";
import { useNow } from "../data/now";
import { StatusMark } from "../data/status-mark";
import { type ListedUser, standingOf } from "./user-words";

export function UserStanding({ user }: { user: ListedUser }) {
  const now = useNow();
  switch (standingOf(user, now)) {
    case "active":
      return <StatusMark tone="running" word="Active" icon={CircleCheck} />;
    case "invited":
      return <StatusMark tone="moving" word="Invited" icon={Mail} title="Has not used the link yet" />;
    case "invitation over":
      return <StatusMark tone="warning" word="Link over" icon={MailX} title="The link ran out before it was used; make another one" />;
    case "disabled":
      return <StatusMark tone="ended" word="Disabled" icon={CircleSlash} />;
  }
}
