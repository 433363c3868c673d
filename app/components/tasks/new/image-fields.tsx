import { TextField } from "../../controls/field";
import { RegistryFields } from "../registry-fields";
import { type FormParts, textOf } from "./form-parts";
import { splitImage } from "./task-draft";

/** Which image, and what its registry wants to see. */
export function ImageFields({ parts }: { parts: FormParts }) {
  const { draft, edit, leave, problem } = parts;
  const image = textOf(parts, "image");
  return (
    <>
      <div className="grid grid-cols-1 gap-5 sm:grid-cols-[minmax(0,1fr)_10rem]">
        <TextField
          label="Image"
          placeholder="registry.example/team/app"
          {...image}
          onBlur={() => {
            // As people copy it: with everything in one.
            const split = splitImage(draft.image);
            if (split) edit(split);
            leave("image");
          }}
        />
        <TextField label="Tag" aside="optional" placeholder="latest" {...textOf(parts, "tag")} />
      </div>
      <details className="rounded-lg border border-line p-4" open={draft.digest !== "" || draft.username !== "" || undefined}>
        <summary className="rounded text-sm font-medium">Digest, and credentials for the registry</summary>
        <div className="mt-3 flex flex-col gap-5">
          <TextField
            label="Digest"
            aside="optional"
            placeholder="sha256:…"
            {...textOf(parts, "digest")}
            hint="With it, exactly this image is taken and the tag says nothing."
          />
          <RegistryFields
            username={draft.username}
            password={draft.password}
            onUsername={(username) => edit({ username })}
            onPassword={(password) => edit({ password })}
            problem={problem("credentials")}
          />
        </div>
      </details>
    </>
  );
}
