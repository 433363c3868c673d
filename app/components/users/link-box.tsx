"use client";
import type { Outputs } from "../../trpc/client";
import { CopyBox } from "../data/copy-box";
import { RelativeTime } from "../data/relative-time";
import { Notice } from "../feedback/notice";

/** A one-time link, shown this once. */
export function LinkBox({
  url,
  expiresAt,
  user,
}: {
  url: string;
  expiresAt: string;
  user: Pick<Outputs["users"]["get"], "username" | "email">;
}) {
  const { username, email } = user;
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warning">
        Berth sends no mail: pass this link on to {username} in a way that you trust. It is shown this once, works once, and runs out{" "}
        <RelativeTime at={expiresAt} />.
      </Notice>
      <CopyBox text={url} what="link" />
      {email ? (
        <p className="text-sm text-ink-soft">
          Or{" "}
          <a
            href={mailTo(email, username, url)}
            className="underline decoration-line-strong underline-offset-2 hover:text-ink hover:decoration-current"
          >
            write to {email}
          </a>{" "}
          with your own mail program.
        </p>
      ) : null}
    </div>
  );
}

function mailTo(email: string, username: string, url: string): string {
  const body = `Choose your password here, and then sign in as ${username}:\n\n${url}\n\nThe link works once.`;
  return `mailto:${encodeURIComponent(email)}?subject=${encodeURIComponent("Your account on Berth")}&body=${encodeURIComponent(body)}`;
}
