"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy, Download, EllipsisVertical, Pencil, Play, SlidersHorizontal, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button, ButtonLink, IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem, MenuSeparator } from "../controls/menu-items";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import { LaunchFailure } from "../sessions/launch-failure";
import { useLaunch, warmSessionPage } from "../sessions/use-launch";
import { isAdmin, isOperator, useCurrentUser } from "../shell/user-context";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));
const CloneDialog = lazyInBrowser(() => import("./clone-dialog").then((module) => module.CloneDialog));
const ExportDialog = lazyInBrowser(() => import("./export-dialog").then((module) => module.ExportDialog));

export function TemplateActions({ template }: { template: Outputs["templates"]["get"] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const toasts = useToasts();
  const user = useCurrentUser();
  const launch = useLaunch();
  const [open, setOpen] = useState<"clone" | "export" | "remove" | null>(null);
  const close = () => setOpen(null);
  const remove = useMutation(
    trpc.templates.remove.mutationOptions({
      onSuccess: () => {
        router.push("/templates");
        void queryClient.invalidateQueries(trpc.templates.list.pathFilter());
      },
      onError: (error) => {
        close();
        toasts.failed(`${template.displayName} was not removed`, error);
      },
    }),
  );
  const path = `/templates/${encodeURIComponent(template.name)}`;
  return (
    <>
      <Button
        look="primary"
        busy={launch.launching}
        icon={<Play aria-hidden className="size-4" />}
        onPointerEnter={warmSessionPage}
        onFocus={warmSessionPage}
        onClick={() => launch.start({ template: template.name })}
      >
        {isAdmin(user) ? "Try it" : "Launch"}
      </Button>
      <ButtonLink
        href={`/sessions/new?template=${encodeURIComponent(template.name)}`}
        icon={<SlidersHorizontal aria-hidden className="size-4" />}
      >
        Options
      </ButtonLink>
      {isAdmin(user) ? (
        <ButtonLink href={`${path}/edit`} icon={<Pencil aria-hidden className="size-4" />}>
          Edit
        </ButtonLink>
      ) : null}
      {isOperator(user) ? (
        <Menu
          trigger={
            <IconButton label={`More for ${template.displayName}`} className="border border-line-strong/50">
              <EllipsisVertical aria-hidden className="size-4" />
            </IconButton>
          }
        >
          {isAdmin(user) ? (
            <MenuItem icon={<Copy aria-hidden className="size-4" />} onSelect={() => setOpen("clone")}>
              Clone
            </MenuItem>
          ) : null}
          <MenuItem icon={<Download aria-hidden className="size-4" />} onSelect={() => setOpen("export")}>
            Export
          </MenuItem>
          {isAdmin(user) ? (
            <>
              <MenuSeparator />
              <MenuItem danger icon={<Trash2 aria-hidden className="size-4" />} onSelect={() => setOpen("remove")}>
                Remove
              </MenuItem>
            </>
          ) : null}
        </Menu>
      ) : null}
      {launch.error ? (
        <div className="w-full">
          <LaunchFailure error={launch.error} onWait={launch.wait} />
        </div>
      ) : null}
      {open === "clone" ? <CloneDialog template={template} onClose={close} /> : null}
      {open === "export" ? <ExportDialog name={template.name} onClose={close} /> : null}
      {open === "remove" ? (
        <ConfirmDialog
          open
          onClose={close}
          title={`Remove ${template.displayName}?`}
          action="Remove"
          typedName={template.name}
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ name: template.name })}
        >
          The template goes with all its versions, for good; export it first if it may be wanted again. While sessions that were started
          from it are there, ended ones too, it stays.
        </ConfirmDialog>
      ) : null}
    </>
  );
}
