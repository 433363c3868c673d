"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, Upload } from "lucide-react";
import { type ReactNode, useId, useRef } from "react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { FailurePanel } from "../feedback/failure-panel";
import { iconChoices, isUploaded, TemplateIcon } from "./template-icon";

/** Pixels a side that an uploaded picture becomes. */
const SIDE = 128;

/** One of the icons that ship with the app, one that was uploaded, or another upload. */
export function IconPicker({ icon, onChange }: { icon: string | null; onChange: (icon: string | null) => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const name = useId();
  const file = useRef<HTMLInputElement>(null);
  const uploaded = useQuery(trpc.templates.icons.queryOptions());
  const upload = useMutation(
    trpc.templates.uploadIcon.mutationOptions({
      onSuccess: (made) => {
        onChange(made.icon);
        void queryClient.invalidateQueries(trpc.templates.icons.pathFilter());
      },
    }),
  );
  const drawing = useMutation({ mutationFn: asSmallPng, onSuccess: (png) => upload.mutate({ png }) });
  const known: readonly string[] = [...iconChoices, ...(uploaded.data?.icons ?? [])];
  const all = icon !== null && !known.includes(icon) ? [...known, icon] : known;
  return (
    <div className="flex flex-col gap-2">
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-sm font-medium">Icon</legend>
        <div className="flex max-h-40 flex-wrap gap-1 overflow-y-auto p-1">
          <Choice group={name} label="No icon" checked={icon === null} onChoose={() => onChange(null)}>
            <span className="flex size-9 items-center justify-center rounded-lg border border-line bg-sunken text-ink-faint">
              <Ban aria-hidden className="size-4" />
            </span>
          </Choice>
          {all.map((one) => (
            <Choice
              key={one}
              group={name}
              label={isUploaded(one) ? `Uploaded ${one.slice(7, 13)}` : one}
              checked={one === icon}
              onChoose={() => onChange(one)}
            >
              <TemplateIcon icon={one} />
            </Choice>
          ))}
        </div>
      </fieldset>
      <div className="flex flex-wrap items-center gap-3">
        <input
          ref={file}
          type="file"
          accept="image/png,image/webp,image/jpeg"
          aria-label="Picture to upload"
          tabIndex={-1}
          className="sr-only"
          onChange={(event) => {
            const picked = event.target.files?.[0];
            event.target.value = "";
            if (picked) drawing.mutate(picked);
          }}
        />
        <Button
          size="small"
          busy={drawing.isPending || upload.isPending}
          icon={<Upload aria-hidden className="size-3.5" />}
          onClick={() => file.current?.click()}
        >
          Upload a picture
        </Button>
        <span className="text-sm text-ink-faint">
          PNG, WebP or JPEG; it becomes {SIDE} × {SIDE} pixels.
        </span>
      </div>
      {drawing.isError ? (
        <p role="alert" className="text-sm text-failed">
          {drawing.error.message}
        </p>
      ) : null}
      {upload.isError ? <FailurePanel error={upload.error} title="The picture was not taken" /> : null}
    </div>
  );
}

interface ChoiceProps {
  readonly group: string;
  readonly label: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
  readonly children: ReactNode;
}

function Choice({ group, label, checked, onChoose, children }: ChoiceProps) {
  return (
    <label
      title={label}
      className="cursor-pointer rounded-[10px] p-0.5 has-checked:outline-2 has-checked:outline-ink has-focus-visible:outline-2 has-focus-visible:outline-accent"
    >
      <input type="radio" name={group} checked={checked} onChange={onChoose} className="sr-only" />
      <span className="sr-only">{label}</span>
      {children}
    </label>
  );
}

/** The picture drawn anew into a square by this browser, as PNG in base64. Throws an `Error` for people where it is none. */
async function asSmallPng(file: File): Promise<string> {
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error("This browser can’t read that file as a picture.");
  });
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("This browser can’t draw the picture.");
  const scale = Math.min(SIDE / picture.width, SIDE / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
  picture.close();
  return canvas.toDataURL("image/png").replace(/^data:image\/png;base64,/, "");
}
