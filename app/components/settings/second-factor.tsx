"use client";
import { useQuery } from "@tanstack/react-query";
import { ShieldCheck, ShieldOff } from "lucide-react";
import { useState } from "react";
import { counted } from "../../format/quantity";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Card } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { StatusMark } from "../data/status-mark";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";

const SetUpDialog = lazyInBrowser(() => import("./second-factor-setup").then((module) => module.SecondFactorSetup));
const ProofDialog = lazyInBrowser(() => import("./second-factor-proof").then((module) => module.SecondFactorProof));

/** Fewer than these are a reason to make new ones. */
const FEW_CODES = 3;

export function SecondFactor() {
  const trpc = useTRPC();
  const status = useQuery(trpc.account.secondFactor.queryOptions());
  const [dialog, setDialog] = useState<"set up" | "remove" | "renew" | null>(null);
  if (!status.data) {
    if (status.isError) {
      return (
        <FailurePanel
          error={status.error}
          title="Your second factor could not be read"
          onRetry={() => void status.refetch()}
          busy={status.isFetching}
        />
      );
    }
    return (
      <output aria-label="Loading" aria-busy className="block">
        <Bone className="h-28 w-full" />
      </output>
    );
  }
  const { confirmedAt, recoveryCodesLeft } = status.data;
  const close = () => setDialog(null);
  return (
    <Card className="flex flex-col gap-4 p-4">
      {confirmedAt ? (
        <>
          <div className="flex flex-col gap-1">
            <StatusMark tone="running" word="On" icon={ShieldCheck} />
            <p className="text-ink-soft">
              Signing in with your password asks for a code of your authenticator app. Set up <RelativeTime at={confirmedAt} />;{" "}
              {counted(recoveryCodesLeft, "recovery code")} left.
            </p>
          </div>
          {recoveryCodesLeft < FEW_CODES ? (
            <Notice tone="warning">
              Without the app and without recovery codes only an administrator can let you in. Make new ones while you can.
            </Notice>
          ) : null}
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => setDialog("renew")}>New recovery codes…</Button>
            <Button onClick={() => setDialog("remove")}>Remove…</Button>
          </div>
        </>
      ) : (
        <>
          <div className="flex flex-col gap-1">
            <StatusMark tone="ended" word="Off" icon={ShieldOff} />
            <p className="text-ink-soft">
              With a second factor a stolen password is not enough: signing in also takes a code that an app on your phone shows.
            </p>
          </div>
          <div>
            <Button look="primary" onClick={() => setDialog("set up")}>
              Set up a second factor…
            </Button>
          </div>
        </>
      )}
      {dialog === "set up" ? <SetUpDialog onClose={close} /> : null}
      {dialog === "remove" || dialog === "renew" ? <ProofDialog purpose={dialog} onClose={close} /> : null}
    </Card>
  );
}
