"use client";
import { useQuery } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { signOut } from "../../account/auth-requests";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Fact, Facts } from "../data/facts";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { ThemeSwitch } from "../shell/theme-switch";
import { PasswordForm } from "./password-form";

export function Profile() {
  const trpc = useTRPC();
  const me = useQuery(trpc.auth.me.queryOptions());
  return (
    <>
      <Panel title="Account">
        <Card className="p-4">
          {me.data ? (
            <Facts columns>
              <Fact name="Username">{me.data.username}</Fact>
              <Fact name="Role">{me.data.role}</Fact>
              <Fact name="Email">{me.data.email ?? "none"}</Fact>
              <Fact name="Last sign-in">
                <RelativeTime at={me.data.lastLoginAt} />
              </Fact>
              <Fact name="Member since">
                <RelativeTime at={me.data.createdAt} />
              </Fact>
            </Facts>
          ) : me.isError ? (
            <FailurePanel error={me.error} title="Your account could not be read" onRetry={() => void me.refetch()} busy={me.isFetching} />
          ) : null}
        </Card>
      </Panel>
      <Panel title="Theme">
        <div>
          <ThemeSwitch />
        </div>
      </Panel>
      <Panel title="Password">
        {me.data && !me.data.hasPassword ? (
          <p className="text-ink-soft">You sign in through your identity provider; there is no password here.</p>
        ) : (
          <PasswordForm />
        )}
      </Panel>
      <Panel title="This browser">
        <div>
          <Button icon={<LogOut aria-hidden className="size-4" />} onClick={() => void signOut()}>
            Sign out
          </Button>
        </div>
      </Panel>
    </>
  );
}
