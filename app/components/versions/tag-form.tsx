"use client";
import { useState } from "react";
import { Button } from "../controls/button";
import { TextField } from "../controls/field";
import { Panel } from "../data/panel";
import type { Wish } from "./update-words";

interface TagFormProps {
  readonly current: { readonly image: string; readonly tag: string };
  /** Administrators may leave the template's repository. */
  readonly anyImage: boolean;
  readonly onAsk: (wish: Wish) => void;
}

/** For a tag that nobody has seen here yet. */
export function TagForm({ current, anyImage, onAsk }: TagFormProps) {
  const repository = current.image.slice(0, current.image.length - current.tag.length - 1);
  const [image, setImage] = useState(repository);
  const [tag, setTag] = useState("");
  const wanted = tag.trim();
  const other = image.trim() || repository;
  return (
    <Panel title="Another tag">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted) onAsk({ ...(anyImage && other !== repository ? { image: other } : {}), tag: wanted, label: wanted });
        }}
      >
        {anyImage ? (
          <TextField
            label="Image"
            hint="Without a tag. Only administrators may leave the template’s own."
            value={image}
            onChange={(event) => setImage(event.target.value)}
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
          />
        ) : null}
        <TextField
          label="Tag"
          hint={anyImage ? "Or a digest, as sha256:…" : `Of ${repository}; or a digest, as sha256:…`}
          value={tag}
          onChange={(event) => setTag(event.target.value)}
          autoComplete="off"
          spellCheck={false}
          className="font-mono"
        />
        <div>
          <Button type="submit" disabled={!wanted}>
            Update to this tag
          </Button>
        </div>
      </form>
    </Panel>
  );
}
