"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Panel } from "../data/panel";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { Logins } from "./logins";
import { PasswordForm } from "./password-form";
import { SecondFactor } from "./second-factor";

const bySingleSignOn = "You sign in through your identity provider";

export function Security() {
  const trpc = useTRPC();
  const me = useQuery(trpc.auth.me.queryOptions());
  if (!me.data) {
    if (me.isError) {
      return (
        <FailurePanel error={me.error} title="Your account could not be read" onRetry={() => void me.refetch()} busy={me.isFetching} />
      );
    }
    return (
      <output aria-label="Loading" aria-busy className="block">
        <Bone className="h-64 w-full" />
      </output>
    );
  }
  return (
    <>
      <Panel title="Second factor">
        {me.data.hasPassword ? (
          <SecondFactor />
        ) : (
          <p className="text-ink-soft">{bySingleSignOn}, which asks for a second factor itself where it is set up there.</p>
        )}
      </Panel>
      <Panel title="Logins">
        <Logins />
      </Panel>
      <Panel title="Password">
        {me.data.hasPassword ? <PasswordForm /> : <p className="text-ink-soft">{bySingleSignOn}; there is no password here.</p>}
      </Panel>
    </>
  );
}
