import type { DockerKind } from "@berth/protocol/docker-tasks";
import { CheckField } from "../../controls/check-field";
import { TextField } from "../../controls/field";
import { type FormParts, textOf } from "./form-parts";
import { ImageFields } from "./image-fields";
import { RunFields } from "./run-fields";

/** The form of one kind. */
export function KindFields({ kind, parts }: { kind: DockerKind; parts: FormParts }) {
  const { draft, edit } = parts;
  switch (kind) {
    case "docker.pull":
      return <ImageFields parts={parts} />;
    case "docker.run":
      return <RunFields parts={parts} />;
    case "docker.stop":
      return (
        <>
          <ContainerField parts={parts} />
          <TextField
            label="Seconds to stop by itself"
            aside="optional"
            inputMode="numeric"
            placeholder="10"
            {...textOf(parts, "graceSeconds")}
            hint="It is told to end, and killed when it has not by then."
          />
        </>
      );
    case "docker.remove":
      return (
        <>
          <ContainerField parts={parts} />
          <CheckField
            label="Also while it runs"
            hint="It is killed first. Its volumes stay, whichever you choose."
            checked={draft.force}
            onChange={(force) => edit({ force })}
          />
        </>
      );
    case "docker.logs":
      return (
        <>
          <ContainerField parts={parts} />
          <TextField
            label="How many lines"
            aside="optional"
            inputMode="numeric"
            placeholder="200"
            {...textOf(parts, "tail")}
            hint="The last ones that it printed, 1,000 at most."
          />
        </>
      );
    case "docker.prune":
      return (
        <>
          <CheckField
            label="Containers of tasks that have ended"
            hint="Those of sessions and of other people on the host stay."
            checked={draft.containers}
            onChange={(containers) => edit({ containers })}
          />
          <CheckField
            label="Images without a name"
            hint="What no tag names and no container uses: the engine’s dangling ones."
            checked={draft.images}
            onChange={(images) => edit({ images })}
          />
        </>
      );
  }
}

function ContainerField({ parts }: { parts: FormParts }) {
  return <TextField label="Container" {...textOf(parts, "name")} hint="By its name: one that a task made on that agent." />;
}
