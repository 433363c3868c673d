"use client";
import type RFB from "@novnc/novnc";
import { Clipboard, Eye, EyeOff, Keyboard, Maximize, Minimize, Scaling as ScalingMark } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { IconButton } from "../controls/button";
import { Menu, MenuItem, MenuLabel } from "../controls/menu";
import { keyCombinations, pressKeys } from "./key-combinations";
import type { Scaling } from "./use-desktop";
import { useFullScreen } from "./use-full-screen";

const ClipboardDialog = dynamic(() => import("./clipboard-dialog").then((module) => module.ClipboardDialog), { ssr: false });

interface DesktopToolsProps {
  rfb: RFB | null;
  clipboard: string;
  scaling: Scaling;
  onScaling: (scaling: Scaling) => void;
  mode: "control" | "view";
  /** Not given where the person may only look. */
  onMode?: (mode: "control" | "view") => void;
}

const scalings: readonly { value: Scaling; label: string }[] = [
  { value: "fit", label: "Fit to window" },
  { value: "actual", label: "Actual size" },
  { value: "resize", label: "Resize the desktop" },
];

/** What can be done with the desktop on the screen. */
export function DesktopTools({ rfb, clipboard, scaling, onScaling, mode, onMode }: DesktopToolsProps) {
  const [clipboardOpen, setClipboardOpen] = useState(false);
  const [fullScreen, toggleFullScreen] = useFullScreen();
  const canType = rfb !== null && mode === "control";
  return (
    <>
      <Menu
        trigger={
          <IconButton label="Scaling">
            <ScalingMark aria-hidden className="size-4" />
          </IconButton>
        }
      >
        {scalings.map((option) => (
          <MenuItem key={option.value} disabled={option.value === "resize" && mode === "view"} onSelect={() => onScaling(option.value)}>
            <span className={`size-1.5 rounded-full ${option.value === scaling ? "bg-accent" : ""}`} />
            {option.label}
            {option.value === scaling ? <span className="sr-only">(chosen)</span> : null}
          </MenuItem>
        ))}
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
      <IconButton label={fullScreen ? "Leave full screen" : "Full screen"} onClick={toggleFullScreen}>
        {fullScreen ? <Minimize aria-hidden className="size-4" /> : <Maximize aria-hidden className="size-4" />}
      </IconButton>
      {clipboardOpen && rfb ? (
        <ClipboardDialog rfb={rfb} received={clipboard} canSend={canType} onClose={() => setClipboardOpen(false)} />
      ) : null}
    </>
  );
}
