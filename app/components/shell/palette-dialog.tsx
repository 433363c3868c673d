"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { Camera, Keyboard, ListChecks, LogOut, Moon, Plus, Server, UserPlus } from "lucide-react";
import { useRouter } from "next/navigation";
import { Dialog } from "radix-ui";
import { type ReactNode, useDeferredValue, useState } from "react";
import { signOut } from "../../account/auth-requests";
import { useTheme } from "../../theme/use-theme";
import { useTRPC } from "../../trpc/client";
import { PaletteSession, PaletteTerminate } from "../sessions/palette-session";
import { soughtName } from "../sessions/palette-words";
import type { ListedSession } from "../sessions/session-rows";
import { SessionStatus } from "../sessions/session-status";
import { TemplateIcon } from "../templates/template-icon";
import { destinationsFor } from "./navigation";
import { shortcutsPage } from "./shortcuts-store";
import { isAdmin, useCurrentUser } from "./user-context";

const itemClass =
  "flex h-10 cursor-pointer items-center gap-3 rounded-md px-3 text-base select-none data-[selected=true]:bg-hover [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-ink-soft";

export function PaletteDialog({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const user = useCurrentUser();
  const trpc = useTRPC();
  const [search, setSearch] = useState("");
  const [theme, setTheme] = useTheme();
  const [ending, setEnding] = useState<ListedSession | null>(null);
  const wanted = useDeferredValue(soughtName(search));
  const found = { page: 1, ...(wanted ? { search: wanted } : {}) };
  const sessions = useQuery({
    ...trpc.sessions.list.queryOptions({ ...found, live: true, limit: 8 }),
    placeholderData: keepPreviousData,
  });
  const templates = useQuery({ ...trpc.templates.list.queryOptions({ ...found, limit: 12 }), placeholderData: keepPreviousData });

  const go = (href: string) => {
    onClose();
    router.push(href);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 bg-black/45" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[10dvh] left-1/2 z-50 w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 animate-appear overflow-hidden rounded-xl border border-line bg-raised shadow-2xl shadow-black/20"
        >
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <Command label="Search and commands" loop>
            <Command.Input
              value={search}
              onValueChange={setSearch}
              placeholder="Go to, launch, or find a session…"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-lg outline-none placeholder:text-ink-faint"
            />
            <Command.List className="max-h-[min(26rem,60dvh)] overflow-y-auto p-2">
              {ending ? (
                <PaletteTerminate
                  session={ending}
                  className={itemClass}
                  group={(items) => <Group heading="Terminate">{items}</Group>}
                  onDone={onClose}
                  onBack={() => setEnding(null)}
                />
              ) : null}
              {ending ? null : (
                <>
                  <Command.Empty className="px-3 py-8 text-center text-ink-soft">Nothing is called “{search}”.</Command.Empty>
                  <Group heading="Sessions">
                    {(sessions.data?.sessions ?? []).map((session) => (
                      <Command.Item
                        key={session.id}
                        value={`session ${session.name} ${session.id}`}
                        onSelect={() => go(`/sessions/${session.id}`)}
                        className={itemClass}
                      >
                        <TemplateIcon icon={session.icon} small />
                        <span className="min-w-0 flex-1 truncate">{session.name}</span>
                        <SessionStatus session={session} />
                      </Command.Item>
                    ))}
                  </Group>
                  {search ? (
                    <Group heading="Act">
                      {(sessions.data?.sessions ?? []).map((session) => (
                        <PaletteSession
                          key={session.id}
                          session={session}
                          className={itemClass}
                          onDone={onClose}
                          onTerminate={(one) => {
                            setSearch("");
                            setEnding(one);
                          }}
                        />
                      ))}
                    </Group>
                  ) : null}
                  <Group heading="Launch">
                    {(templates.data?.templates ?? []).map((template) => (
                      <Command.Item
                        key={template.name}
                        value={`new launch ${template.displayName} ${template.name}`}
                        onSelect={() => go(`/sessions/new?template=${encodeURIComponent(template.name)}`)}
                        className={itemClass}
                      >
                        <TemplateIcon icon={template.icon} small />
                        <span className="min-w-0 flex-1 truncate">New {template.displayName}</span>
                      </Command.Item>
                    ))}
                  </Group>
                  <Group heading="Go to">
                    {destinationsFor(user.role).map(({ href, label, icon: Icon }) => (
                      <Command.Item key={href} value={`go to ${label}`} onSelect={() => go(href)} className={itemClass}>
                        <Icon aria-hidden />
                        {label}
                      </Command.Item>
                    ))}
                  </Group>
                  <Group heading="Do">
                    <Command.Item value="create new session" onSelect={() => go("/sessions/new")} className={itemClass}>
                      <Plus aria-hidden /> New session
                    </Command.Item>
                    {isAdmin(user) ? (
                      <>
                        <Command.Item value="add agent host" onSelect={() => go("/agents/add")} className={itemClass}>
                          <Server aria-hidden /> Add agent
                        </Command.Item>
                        <Command.Item
                          value="create new task pull image run container"
                          onSelect={() => go("/tasks/new")}
                          className={itemClass}
                        >
                          <ListChecks aria-hidden /> New task
                        </Command.Item>
                        <Command.Item value="add user invite" onSelect={() => go("/users?add=1")} className={itemClass}>
                          <UserPlus aria-hidden /> Add user
                        </Command.Item>
                      </>
                    ) : null}
                    <Command.Item value="snapshots of homes" onSelect={() => go("/homes")} className={itemClass}>
                      <Camera aria-hidden /> Snapshots
                    </Command.Item>
                    <Command.Item
                      value="theme dark light"
                      onSelect={() => setTheme(theme === "dark" ? "light" : "dark")}
                      className={itemClass}
                    >
                      <Moon aria-hidden /> Switch to the {theme === "dark" ? "light" : "dark"} theme
                    </Command.Item>
                    <Command.Item
                      value="keyboard shortcuts help"
                      onSelect={() => {
                        onClose();
                        shortcutsPage.open();
                      }}
                      className={itemClass}
                    >
                      <Keyboard aria-hidden /> Keyboard shortcuts
                    </Command.Item>
                    <Command.Item value="sign out log out" onSelect={() => void signOut()} className={itemClass}>
                      <LogOut aria-hidden /> Sign out
                    </Command.Item>
                  </Group>
                </>
              )}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&>[cmdk-group-heading]]:px-3 [&>[cmdk-group-heading]]:py-1.5 [&>[cmdk-group-heading]]:text-xs [&>[cmdk-group-heading]]:text-ink-faint"
    >
      {children}
    </Command.Group>
  );
}
