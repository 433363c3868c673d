"use client";
import { useState } from "react";
import { useHydrated } from "../controls/use-hydrated";
import { lazyInBrowser } from "../lazy-part";
import { type GuestIdentity, keptIdentity } from "./guest-identity";
import { GuestNameForm } from "./guest-name-form";

const GuestScreen = lazyInBrowser(() => import("./guest-screen").then((module) => module.GuestScreen));

/** Who says their name is in; whoever loads the page again is still the same. */
export function GuestPage({ token }: { token: string }) {
  const [entered, setEntered] = useState<GuestIdentity | null>(null);
  const hydrated = useHydrated();
  const identity = entered ?? (hydrated ? keptIdentity(token) : null);
  if (identity) return <GuestScreen token={token} identity={identity} />;
  return <GuestNameForm shows="screen" busy={false} failure={null} onEnter={(name) => setEntered({ name, guestKey: null })} />;
}
