"use client";
import { useEffect } from "react";
import { useTRPCClient } from "../trpc/client";
import { onThemeChosen } from "./use-theme";

/** Keeps what is chosen with the account, so that it is there in the next browser. Where that fails, this browser's cookie has it. */
export function KeepTheme() {
  const client = useTRPCClient();
  useEffect(() => onThemeChosen((theme) => void client.account.update.mutate({ theme }).catch(() => undefined)), [client]);
  return null;
}
