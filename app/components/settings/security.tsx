"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Panel } from "../data/panel";
import { Reading } from "../feedback/reading";
import { Bone } from "../feedback/skeleton";
import { Logins } from "./logins";
import { PasswordForm } from "./password-form";
import { SecondFactor } from "./second-factor";

const bySingleSignOn = "You sign in through your identity provider";

export function Security() {
  const trpc = useTRPC();
  const me = useQuery(trpc.auth.me.queryOptions());
  return (
    <Reading query={me} title="Your account could not be read" bones={<Bone className="h-64 w-full" />}>
      {({ hasPassword }) => (
        <>
          <Panel title="Second factor">
            {hasPassword ? (
              <SecondFactor />
            ) : (
              <p className="text-ink-soft">{bySingleSignOn}, which asks for a second factor itself where it is set up there.</p>
            )}
          </Panel>
          <Panel title="Logins">
            <Logins />
          </Panel>
          <Panel title="Password">
            {hasPassword ? <PasswordForm /> : <p className="text-ink-soft">{bySingleSignOn}; there is no password here.</p>}
          </Panel>
        </>
      )}
    </Reading>
  );
}
