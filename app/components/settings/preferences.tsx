"use client";
import { keyboardLayouts } from "@berth/protocol/keyboard-layouts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { exactTime } from "../../format/time";
import { useTRPC } from "../../trpc/client";
import { SelectField } from "../controls/field";
import { useInBrowser, useNow } from "../data/now";
import { Panel } from "../data/panel";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { ThemeSwitch } from "../shell/theme-switch";

export function Preferences() {
  const trpc = useTRPC();
  const me = useQuery(trpc.auth.me.queryOptions());
  return (
    <>
      <Panel title="Theme">
        <div>
          <ThemeSwitch />
        </div>
        <p className="text-sm text-ink-faint">Kept with your account: every browser that you sign in with has it.</p>
      </Panel>
      <Panel title="Time zone and keyboard">
        {me.data ? (
          <div className="flex max-w-sm flex-col gap-5">
            <TimeZone timeZone={me.data.timeZone} />
            <Keyboard layout={me.data.keyboardLayout} />
          </div>
        ) : me.isError ? (
          <FailurePanel
            error={me.error}
            title="Your preferences could not be read"
            onRetry={() => void me.refetch()}
            busy={me.isFetching}
          />
        ) : (
          <output aria-label="Loading" aria-busy className="block">
            <Bone className="h-15 max-w-sm" />
          </output>
        )}
      </Panel>
    </>
  );
}

function TimeZone({ timeZone }: { timeZone: string | null }) {
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const inBrowser = useInBrowser();
  const now = useNow();
  const save = useMutation(
    trpc.account.update.mutationOptions({
      onSuccess: (account) => {
        queryClient.setQueryData(trpc.auth.me.queryKey(), account);
        // The pages' times come from the layout.
        router.refresh();
      },
    }),
  );
  const chosen = save.isPending ? (save.variables.timeZone ?? null) : timeZone;
  const own = inBrowser ? Intl.DateTimeFormat().resolvedOptions().timeZone : null;
  const zones = inBrowser ? zonesOfBrowser() : [];
  return (
    <div className="flex flex-col gap-4">
      <SelectField
        label="Times are shown in"
        value={chosen ?? ""}
        onChange={(event) => save.mutate({ timeZone: event.target.value || null })}
        hint={inBrowser ? `Now it is ${exactTime(now, chosen ?? undefined)}` : "…"}
      >
        <option value="">The browser’s own{own ? ` (${own})` : ""}</option>
        {chosen && !zones.includes(chosen) ? <option value={chosen}>{chosen}</option> : null}
        {zones.map((zone) => (
          <option key={zone} value={zone}>
            {zone.replaceAll("_", " ")}
          </option>
        ))}
      </SelectField>
      {save.isError ? <FailurePanel error={save.error} title="The time zone was not saved" /> : null}
    </div>
  );
}

function Keyboard({ layout }: { layout: string | null }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const save = useMutation(
    trpc.account.update.mutationOptions({ onSuccess: (account) => queryClient.setQueryData(trpc.auth.me.queryKey(), account) }),
  );
  const chosen = save.isPending ? (save.variables.keyboardLayout ?? null) : layout;
  return (
    <div className="flex flex-col gap-4">
      <SelectField
        label="Keyboard layout of desktops"
        value={chosen ?? ""}
        onChange={(event) => save.mutate({ keyboardLayout: layouts.find(([name]) => name === event.target.value)?.[0] ?? null })}
        hint="For sessions that you start from now on. What you type arrives right with any of them; programs that look at keys, such as games and shortcuts, need yours."
      >
        <option value="">The desktop’s own</option>
        {layouts.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </SelectField>
      {save.isError ? <FailurePanel error={save.error} title="The keyboard layout was not saved" /> : null}
    </div>
  );
}

const layouts = Object.entries(keyboardLayouts).toSorted(([, one], [, other]) => one.localeCompare(other, "en"));
const zonesOfBrowser = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
