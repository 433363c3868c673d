"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Fact, Facts } from "../data/facts";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { Reading } from "../feedback/reading";
import { Bone } from "../feedback/skeleton";
import { MyUsage } from "../quotas/my-usage";
import { roleWords } from "../users/role-words";
import { DisplayNameForm } from "./display-name-form";

export function Profile() {
  const trpc = useTRPC();
  const me = useQuery(trpc.auth.me.queryOptions());
  return (
    <Reading query={me} title="Your account could not be read" bones={<Bone className="h-44 w-full" />}>
      {(user) => (
        <>
          <Panel title="Account">
            <Card className="p-4">
              <Facts columns>
                <Fact name="Username">{user.username}</Fact>
                <Fact name="Email">{user.email ?? "none"}</Fact>
                <Fact name="Signs in with">{user.hasPassword ? "password" : "single sign-on"}</Fact>
                <Fact name="Last sign-in">
                  <RelativeTime at={user.lastLoginAt} />
                </Fact>
                <Fact name="Member since">
                  <RelativeTime at={user.createdAt} />
                </Fact>
                <Fact name="Role">{roleWords[user.role].name}</Fact>
              </Facts>
              <p className="mt-4 border-t border-line pt-3 text-sm text-ink-soft">{roleWords[user.role].may}</p>
            </Card>
            <p className="text-sm text-ink-faint">An administrator changes address and role.</p>
          </Panel>
          <MyUsage />
          <Panel title="Display name">
            <DisplayNameForm key={user.displayName} displayName={user.displayName} />
          </Panel>
        </>
      )}
    </Reading>
  );
}
