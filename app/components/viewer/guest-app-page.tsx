"use client";
import { useMutation } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { FailurePanel } from "../feedback/failure-panel";
import { keepIdentity, keptIdentity } from "./guest-identity";
import { GuestNameForm } from "./guest-name-form";

/** Where a link to a web app leads: who says their name goes on to the app's own origin, in this tab. */
export function GuestAppPage({ token }: { token: string }) {
  const trpc = useTRPC();
  const enter = useMutation(
    trpc.shares.enter.mutationOptions({
      onSuccess: ({ url, guestKey }, { name }) => {
        keepIdentity(token, { name, guestKey });
        window.location.assign(url);
      },
    }),
  );
  return (
    <GuestNameForm
      shows="app"
      busy={enter.isPending || enter.isSuccess}
      failure={enter.isError ? <FailurePanel error={enter.error} title="The app could not be opened" /> : null}
      onEnter={(name) => enter.mutate({ token, name, guestKey: keptIdentity(token)?.guestKey ?? undefined })}
    />
  );
}
