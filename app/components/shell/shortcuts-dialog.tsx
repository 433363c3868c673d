"use client";
import { Dialog } from "../controls/dialog";
import { type Shortcut, shortcutsFor } from "./shortcuts";
import { useCurrentUser } from "./user-context";

const groups: readonly Shortcut["group"][] = ["Everywhere", "Go to", "In a list"];
const onMac = () => /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Every shortcut that this person has. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const all = shortcutsFor(useCurrentUser().role);
  return (
    <Dialog open wide onClose={onClose} title="Keyboard shortcuts" description="Inside a desktop all keys are the desktop’s.">
      <div className="grid grid-cols-1 gap-x-8 gap-y-5 sm:grid-cols-2">
        {groups.map((group) => (
          <section key={group} aria-label={group} className={group === "Go to" ? "sm:row-span-2" : ""}>
            <h3 className="mb-1 text-sm text-ink-faint">{group}</h3>
            <dl className="divide-y divide-line">
              {all
                .filter((shortcut) => shortcut.group === group)
                .map(({ keys, words }) => (
                  <div key={keys.join(" ")} className="flex items-center justify-between gap-4 py-1.5">
                    <dt>{words}</dt>
                    <dd className="flex shrink-0 items-center gap-1">
                      {keys.map((key, at) => (
                        // biome-ignore lint/suspicious/noArrayIndexKey: the same key may come twice in a row
                        <span key={at} className="flex items-center gap-1">
                          {at > 0 ? <span className="text-xs text-ink-faint">then</span> : null}
                          {key.split("+").map((part) => (
                            <kbd
                              key={part}
                              className="flex h-6 min-w-6 items-center justify-center rounded border border-line bg-sunken px-1.5 font-mono text-xs"
                            >
                              {part === "mod" ? (onMac() ? "⌘" : "Ctrl") : part.length === 1 ? part.toUpperCase() : part}
                            </kbd>
                          ))}
                        </span>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
