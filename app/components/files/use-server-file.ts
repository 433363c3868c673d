"use client";
import { type RefObject, useEffect, useState } from "react";
import { readFailure } from "../../errors/read-failure";
import { fetchFile } from "./file-requests";

/** What became of a file that is being edited, asked each time that the session told of a change: one's own saving is a change too. */
export function useServerFile(url: string, changes: number, etag: RefObject<string | null>): "same" | "changed" | "gone" {
  const [news, setNews] = useState<"same" | "changed" | "gone">("same");
  useEffect(() => {
    if (changes === 0) return;
    const gone = new AbortController();
    fetchFile(url, { method: "HEAD", signal: gone.signal }).then(
      (answer) => setNews(answer.headers.get("etag") === etag.current ? "same" : "changed"),
      (error: unknown) => {
        if (!gone.signal.aborted && readFailure(error).code === "FILE_NOT_FOUND") setNews("gone");
      },
    );
    return () => gone.abort();
  }, [url, changes, etag]);
  return news;
}
