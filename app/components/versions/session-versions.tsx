"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Badge } from "../data/badge";
import { Fact, Facts } from "../data/facts";
import { Panel } from "../data/panel";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { TaskProgress } from "../tasks/task-progress";
import { TagForm } from "./tag-form";
import { shortTag, updateWords, type Wish, wishOf } from "./update-words";
import { VersionHistory } from "./version-history";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));

type Versions = Outputs["containers"]["versions"];

/** What the session is made from, what it could be, and what it was. */
export function SessionVersions({ session }: { session: Outputs["sessions"]["get"] }) {
  const trpc = useTRPC();
  const cache = useQueryClient();
  const input = { containerId: session.id };
  const found = useQuery(trpc.containers.versions.queryOptions(input));
  const [wish, setWish] = useState<Wish | null>(null);
  const again = () => cache.invalidateQueries(trpc.containers.versions.queryFilter(input));
  const update = useMutation(
    trpc.containers.updateVersion.mutationOptions({
      onSettled: () => {
        setWish(null);
        return again();
      },
    }),
  );
  const cancel = useMutation(trpc.containers.cancelUpdate.mutationOptions({ onSettled: again }));
  if (!found.data)
    return found.isError ? (
      <FailurePanel
        error={found.error}
        title="The versions could not be read"
        onRetry={() => void found.refetch()}
        busy={found.isFetching}
      />
    ) : (
      <div role="status" aria-label="Reading the versions" className="flex flex-col gap-4">
        {["a", "b", "c"].map((row) => (
          <Bone key={row} className="h-12 w-full" />
        ))}
      </div>
    );
  const versions = found.data;
  const free = versions.may.update && versions.update === null;
  const ask = (next: Wish) => {
    update.reset();
    cancel.reset();
    setWish(next);
  };
  const failed = update.error ?? cancel.error;
  return (
    <div className="flex flex-col gap-6">
      {failed ? <FailurePanel error={failed} title={update.error ? "The session is not updated" : "The update was not cancelled"} /> : null}
      <div aria-live="polite" className="empty:hidden">
        {versions.update ? (
          <UnderWay
            update={versions.update}
            mayCancel={versions.may.update}
            busy={cancel.isPending}
            onCancel={() => cancel.mutate(input)}
          />
        ) : versions.template.newer ? (
          <Newer versions={versions} onAsk={free ? ask : null} />
        ) : null}
      </div>
      <Facts>
        <Fact name="Image">
          <span className="font-mono text-sm wrap-anywhere">{versions.current.image}</span>
        </Fact>
        <Fact name="Template">
          {session.templateDisplayName} <span className="text-ink-faint">version {versions.current.templateVersion}</span>
        </Fact>
      </Facts>
      <KnownVersions versions={versions} onAsk={free ? ask : null} />
      {free ? <TagForm current={versions.current} anyImage={versions.may.anyImage} onAsk={ask} /> : null}
      <VersionHistory versions={versions} onAsk={free ? ask : null} />
      {wish ? (
        <ConfirmDialog
          open
          onClose={() => setWish(null)}
          onConfirm={() => {
            const { label: _, ...wanted } = wish;
            update.mutate({ ...input, ...wanted });
          }}
          title={`Update to ${wish.label}?`}
          action="Update"
          busy={update.isPending}
        >
          <Consequences phase={session.status.phase} seconds={versions.healthySeconds} />
        </ConfirmDialog>
      ) : null}
    </div>
  );
}

function Consequences({ phase, seconds }: { phase: string; seconds: number }) {
  const sleeps = phase !== "Running";
  return (
    <div className="flex flex-col gap-2">
      <p>
        {sleeps
          ? "The image is fetched now and used when the session is next woken. Processes that are frozen in memory are lost then."
          : "The session goes on while the image is fetched. Then all its processes end, and what was not saved is lost."}
      </p>
      <p>
        Its home and its variables are kept. Where the new version does not start, or is not healthy for {seconds} seconds, the session goes
        back to the old one by itself.
      </p>
    </div>
  );
}

interface UnderWayProps {
  readonly update: NonNullable<Versions["update"]>;
  readonly mayCancel: boolean;
  readonly busy: boolean;
  readonly onCancel: () => void;
}

function UnderWay({ update, mayCancel, busy, onCancel }: UnderWayProps) {
  const { status, message, progress, to, cancellable } = update;
  return (
    <section aria-label="Update under way" className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="text-base font-medium">{updateWords[status]}</h2>
        {mayCancel && cancellable ? (
          <Button size="small" busy={busy} onClick={onCancel}>
            Cancel the update
          </Button>
        ) : null}
      </div>
      <p className="font-mono text-sm wrap-anywhere text-ink-soft">{to.image}</p>
      {status === "waiting" ? <p className="wrap-anywhere">{message}</p> : <TaskProgress progress={{ percent: progress, message }} />}
    </section>
  );
}

function Newer({ versions, onAsk }: { versions: Versions; onAsk: ((wish: Wish) => void) | null }) {
  const { currentVersion } = versions.template;
  return (
    <Notice
      action={
        onAsk ? (
          <Button
            size="small"
            onClick={() => onAsk({ templateVersion: currentVersion, label: `version ${currentVersion} of the template` })}
          >
            Update to version {currentVersion}
          </Button>
        ) : undefined
      }
    >
      The template has a newer version: {currentVersion}. This session has {versions.current.templateVersion}.
    </Notice>
  );
}

function KnownVersions({ versions, onAsk }: { versions: Versions; onAsk: ((wish: Wish) => void) | null }) {
  const tags = versions.images.filter(({ image }) => !versions.templateVersions.some((version) => version.image === image));
  return (
    <Panel title="Versions">
      <ul aria-label="Known versions" className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
        {versions.templateVersions.map(({ templateVersion, image, note, current, allowed }) => {
          const is = current && image === versions.current.image;
          return (
            <Row
              key={templateVersion}
              name={`Version ${templateVersion}`}
              image={image}
              note={note}
              badge={is ? "this session" : null}
              onUse={onAsk && allowed && !is ? () => onAsk({ templateVersion, label: `version ${templateVersion} of the template` }) : null}
            />
          );
        })}
        {tags.map(({ image, tag, current, usedHere }) => (
          <Row
            key={image}
            name={shortTag(tag)}
            image={image}
            note={usedHere ? null : "On this session’s agent"}
            badge={current ? "this session" : null}
            onUse={onAsk && !current ? () => onAsk({ ...wishOf(image, tag), label: shortTag(tag) }) : null}
          />
        ))}
      </ul>
    </Panel>
  );
}

interface RowProps {
  readonly name: string;
  readonly image: string;
  readonly note: string | null;
  readonly badge: string | null;
  readonly onUse: (() => void) | null;
}

function Row({ name, image, note, badge, onUse }: RowProps) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-3 gap-y-2 px-4 py-2.5">
      <div className="flex min-w-0 flex-1 basis-40 flex-col gap-0.5">
        <span className="flex items-center gap-2">
          <span className="tabular font-medium wrap-anywhere">{name}</span>
          {badge ? <Badge>{badge}</Badge> : null}
        </span>
        {note ? <span className="text-sm wrap-anywhere">{note}</span> : null}
        <span className="font-mono text-sm wrap-anywhere text-ink-soft">{image}</span>
      </div>
      {onUse ? (
        <Button size="small" aria-label={`Update to ${name}`} onClick={onUse}>
          Update to this
        </Button>
      ) : null}
    </li>
  );
}
