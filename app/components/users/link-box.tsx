"use client";
import { CopyBox } from "../data/copy-box";
import { RelativeTime } from "../data/relative-time";
import { Notice } from "../feedback/notice";

/** A one-time link, shown this once. */
export function LinkBox({ url, expiresAt, username }: { url: string; expiresAt: string; username: string }) {
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warning">
        Berth sends no mail: pass this link on to {username} in a way that you trust. It is shown this once, works once, and runs out{" "}
        <RelativeTime at={expiresAt} />.
      </Notice>
      <CopyBox text={url} what="link" />
    </div>
  );
}
