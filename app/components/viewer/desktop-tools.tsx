"use client";
import { Camera, Clipboard, Eye, EyeOff, Keyboard, Maximize, Minimize, Scaling as ScalingMark } from "lucide-react";
import { useState } from "react";
import { IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem, MenuLabel, MenuSeparator } from "../controls/menu-items";
import { lazyInBrowser } from "../lazy-part";
import type { ClipboardRules } from "./clipboard-dialog";
import { ConnectionPanel } from "./connection-panel";
import type { DesktopHandle } from "./desktop";
import { keyCombinations, pressKeys } from "./key-combinations";
import { saveScreenshot } from "./screenshot";
import { useFullScreen } from "./use-full-screen";
import { useSharedClipboard } from "./use-shared-clipboard";
import { type Scaling, useViewerSettings } from "./viewer-settings";

const ClipboardDialog = lazyInBrowser(() => import("./clipboard-dialog").then((module) => module.ClipboardDialog));

interface DesktopToolsProps extends DesktopHandle {
  name: string;
  mode: "control" | "view";
  /** Not given where the person may only look. */
  onMode?: (mode: "control" | "view") => void;
  policy: { readonly clipboardIn: boolean; readonly clipboardOut: boolean };
}

const scalingWords: readonly { value: Scaling; label: string }[] = [
  { value: "fit", label: "Fit to window" },
  { value: "actual", label: "Actual size" },
  { value: "resize", label: "Resize the desktop" },
];

/** What can be done with the desktop on the screen. */
export function DesktopTools({ connection, clipboard, name, mode, onMode, policy }: DesktopToolsProps) {
  const [clipboardOpen, setClipboardOpen] = useState(false);
  const [settings, change] = useViewerSettings();
  const fullScreen = useFullScreen();
  const rfb = connection?.rfb ?? null;
  const canType = rfb !== null && mode === "control";
  const rules: ClipboardRules = { canType, inAllowed: policy.clipboardIn, outAllowed: policy.clipboardOut };
  const screenshot = () => rfb && saveScreenshot(rfb, name);
  useSharedClipboard({ connection, on: settings.sharedClipboard, received: clipboard, mayPaste: canType && policy.clipboardIn });
  return (
    <>
      {connection ? (
        <ConnectionPanel connection={connection} quality={settings.quality} onQuality={(quality) => change({ quality })} />
      ) : null}
      <Menu
        trigger={
          <IconButton label="Scaling">
            <ScalingMark aria-hidden className="size-4" />
          </IconButton>
        }
      >
        {scalingWords.map(({ value, label }) => (
          <MenuItem key={value} disabled={value === "resize" && mode === "view"} onSelect={() => change({ scaling: value })}>
            <Chosen when={value === settings.scaling} />
            {label}
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem disabled={settings.scaling !== "resize" || mode === "view"} onSelect={() => change({ sharp: !settings.sharp })}>
          <Chosen when={settings.sharp} />
          Sharp on this screen
        </MenuItem>
        <MenuLabel>Sharp: every pixel of this screen, where it is resized</MenuLabel>
        <div className="sm:hidden">
          <MenuSeparator />
          <MenuItem icon={<Camera aria-hidden className="size-4" />} disabled={rfb === null} onSelect={screenshot}>
            Save a screenshot
          </MenuItem>
        </div>
      </Menu>
      {onMode ? (
        <IconButton label="View only" pressed={mode === "view"} onClick={() => onMode(mode === "view" ? "control" : "view")}>
          {mode === "view" ? <EyeOff aria-hidden className="size-4" /> : <Eye aria-hidden className="size-4" />}
        </IconButton>
      ) : null}
      <IconButton label="Clipboard" disabled={rfb === null} onClick={() => setClipboardOpen(true)}>
        <Clipboard aria-hidden className="size-4" />
      </IconButton>
      <Menu
        trigger={
          <IconButton label="Send keys" disabled={!canType}>
            <Keyboard aria-hidden className="size-4" />
          </IconButton>
        }
      >
        {keyCombinations.map(({ label, keys }) => (
          <MenuItem key={label} onSelect={() => rfb && pressKeys(rfb, keys)}>
            {label}
          </MenuItem>
        ))}
        <MenuLabel>Ctrl + Alt + Shift leaves the desktop</MenuLabel>
      </Menu>
      <IconButton label="Save a screenshot" className="max-sm:hidden" disabled={rfb === null} onClick={screenshot}>
        <Camera aria-hidden className="size-4" />
      </IconButton>
      <IconButton label={fullScreen.active ? "Leave full screen" : "Full screen"} onClick={fullScreen.toggle}>
        {fullScreen.active ? <Minimize aria-hidden className="size-4" /> : <Maximize aria-hidden className="size-4" />}
      </IconButton>
      {fullScreen.active ? (
        <span className="hidden px-1 text-xs text-ink-faint lg:inline">
          {fullScreen.keys === "desktop" ? "All keys go to the desktop; hold Esc to leave" : "Esc and Alt + Tab stay with your computer"}
        </span>
      ) : null}
      {clipboardOpen && rfb ? (
        <ClipboardDialog
          rfb={rfb}
          received={clipboard}
          rules={rules}
          shared={settings.sharedClipboard}
          onShared={(sharedClipboard) => change({ sharedClipboard })}
          onClose={() => setClipboardOpen(false)}
        />
      ) : null}
    </>
  );
}

function Chosen({ when }: { when: boolean }) {
  return (
    <>
      <span className={`size-1.5 rounded-full ${when ? "bg-accent" : ""}`} />
      {when ? <span className="sr-only">(chosen)</span> : null}
    </>
  );
}
