import type { ApiDocument, ApiOperation } from "../../server-caller";
import { Card, Panel } from "../data/panel";
import { SchemaFields } from "./schema-fields";

const titles: Readonly<Record<string, string>> = {
  auth: "Signing in",
  account: "Your account",
  registrationTokens: "Registration tokens",
  system: "This control plane",
};
const titleOf = (tag: string): string => titles[tag] ?? `${tag.charAt(0).toUpperCase()}${tag.slice(1)}`;

/** Every operation of both surfaces, from the documents that programs read. Drawn by the server alone: no script comes with it. */
export function ApiReference({ api, containers }: { api: ApiDocument; containers: ApiDocument }) {
  return (
    <>
      <p className="max-w-prose text-ink-soft">
        Everything here can be done by a program under <Base of={api} />. Sign in at{" "}
        <code className="font-mono text-sm">POST /auth/login</code> and send the token as{" "}
        <code className="font-mono text-sm">Authorization: Bearer …</code>. The same as{" "}
        <a className="underline" href="/api/v1/openapi.json">
          OpenAPI 3.1
        </a>
        .
      </p>
      <Operations document={api} />
      <p className="max-w-prose border-t border-line pt-6 text-ink-soft">
        What goes on inside one session’s container is under <Base of={containers} />, by the same token; the container’s id is the
        session’s. The same as{" "}
        <a className="underline" href="/v1/openapi.json">
          OpenAPI 3.1
        </a>
        .
      </p>
      <Operations document={containers} inside />
    </>
  );
}

const Base = ({ of: { servers } }: { of: ApiDocument }) => <code className="font-mono text-sm wrap-anywhere">{servers[0]?.url}</code>;

function Operations({ document, inside = false }: { document: ApiDocument; inside?: boolean }) {
  return (
    <>
      {document.tags.map(({ name }) => (
        <Panel key={name} title={inside ? `Inside: ${titleOf(name)}` : titleOf(name)}>
          <Card className="divide-y divide-line">
            {Object.entries(document.paths).flatMap(([path, methods]) =>
              Object.entries(methods)
                .filter(([, operation]) => operation.tags.includes(name))
                .map(([method, operation]) => (
                  <Operation key={operation.operationId} method={method.toUpperCase()} path={path} operation={operation} />
                )),
            )}
          </Card>
        </Panel>
      ))}
    </>
  );
}

function Operation({ method, path, operation }: { method: string; path: string; operation: ApiOperation }) {
  const sent = operation.requestBody?.content ?? {};
  const body = sent["application/json"];
  const [status, answer] = Object.entries(operation.responses)[0] ?? [];
  const answers = (answer && "content" in answer && answer.content) || {};
  const answered = answers["application/json"]?.schema;
  return (
    <details id={operation.operationId} className="group scroll-mt-4">
      <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-3 hover:bg-hover">
        <span className="w-14 shrink-0 font-mono text-xs font-medium text-ink-soft">{method}</span>
        <span className="min-w-0 font-mono text-sm wrap-anywhere">{path}</span>
        <span className="text-sm text-ink-soft">{operation.summary}</span>
      </summary>
      <div className="flex flex-col gap-4 border-t border-line bg-sunken px-4 py-4">
        {operation.description === undefined ? null : <p className="max-w-prose text-sm">{operation.description}</p>}
        {operation.parameters ? (
          <SchemaFields
            title="Parameters"
            fields={operation.parameters.map(({ name, in: place, required, schema }) => ({ name, note: place, required, schema }))}
          />
        ) : null}
        {body ? <SchemaFields title="Body" schema={body.schema} /> : <Types before="Takes a body of" of={sent} />}
        {body?.example === undefined ? null : <Example value={body.example} />}
        {answered ? (
          <SchemaFields title={`Answer ${status}`} schema={answered} />
        ) : Object.keys(answers).length > 0 ? (
          <Types before={`Answers ${status} with`} of={answers} />
        ) : (
          <p className="text-sm text-ink-soft">Answers {status} without a body.</p>
        )}
        <p className="text-sm text-ink-soft">
          Refusals:{" "}
          {Object.keys(operation.responses)
            .filter((code) => Number(code) >= 400)
            .join(", ")}
          . Each says what was wrong, in a word for programs and in words for people.
        </p>
      </div>
    </details>
  );
}

/** Media types, of what is no JSON. */
function Types({ before, of }: { before: string; of: Readonly<Record<string, unknown>> }) {
  const types = Object.keys(of);
  if (types.length === 0) return null;
  return (
    <p className="text-sm text-ink-soft">
      {before} <code className="font-mono">{types.join(" or ")}</code>.
    </p>
  );
}

function Example({ value }: { value: unknown }) {
  return (
    <figure className="flex min-w-0 flex-col gap-1.5">
      <figcaption className="text-sm font-medium">Example</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it */}
      <pre tabIndex={0} className="overflow-x-auto rounded-md border border-line bg-surface p-3 font-mono text-xs">
        {JSON.stringify(value, null, 2)}
      </pre>
    </figure>
  );
}
