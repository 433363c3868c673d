import type { ApiSchema } from "../../server-caller";

interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly schema: ApiSchema;
  /** Where it goes, if not into the body. */
  readonly note?: string;
}

/** How deep nested objects are drawn; what is deeper is in the document for programs. */
const DEEPEST = 2;

/** A schema's fields, one a line: name, kind, limits. Nested ones are set in. */
export function SchemaFields({ title, schema, fields }: { title: string; schema?: ApiSchema; fields?: readonly Field[] }) {
  const all = fields ?? fieldsOf(schema ?? {});
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <h3 className="text-sm font-medium">{title}</h3>
      {all.length > 0 ? <List fields={all} depth={0} /> : <p className="text-sm text-ink-soft">{schema ? kindOf(schema) : "Nothing"}</p>}
    </div>
  );
}

function List({ fields, depth }: { fields: readonly Field[]; depth: number }) {
  return (
    <ul className={`flex min-w-0 flex-col gap-1 ${depth > 0 ? "mt-1 border-l border-line pl-3" : ""}`}>
      {fields.map(({ name, required, schema, note }) => {
        const inner = depth < DEEPEST ? fieldsOf(schema) : [];
        return (
          <li key={name} className="min-w-0 text-sm">
            <code className="font-mono wrap-anywhere">{name}</code>{" "}
            <span className="text-ink-soft wrap-anywhere">
              {kindOf(schema)}
              {note ? `, in the ${note}` : ""}
              {required ? ", required" : ""}
              {schema.default === undefined ? "" : `, ${JSON.stringify(schema.default)} if left out`}
            </span>
            {inner.length > 0 ? <List fields={inner} depth={depth + 1} /> : null}
          </li>
        );
      })}
    </ul>
  );
}

/** Of an object, of the items of a list, or of the first object among alternatives. */
function fieldsOf(schema: ApiSchema): Field[] {
  const item = schema.items;
  if (typeof item === "object" && !Array.isArray(item)) return fieldsOf(item);
  const alternative = (schema.anyOf ?? schema.oneOf)?.find((one) => typeof one === "object" && (one.properties || one.items));
  if (typeof alternative === "object") return fieldsOf(alternative);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    required: schema.required?.includes(name) === true,
    schema: typeof field === "object" ? field : {},
  }));
}

function kindOf(schema: ApiSchema): string {
  const { type, format, items, anyOf, oneOf, maxLength, minimum, maximum } = schema;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((word) => String(word)).join(" | ");
  const members = anyOf ?? oneOf;
  if (members) return [...new Set(members.map((one) => (typeof one === "object" ? kindOf(one) : "anything")))].join(" or ");
  if (type === "array") return `list of ${typeof items === "object" && !Array.isArray(items) ? kindOf(items) : "anything"}`;
  const kind = format === "date-time" ? "time" : (format ?? (typeof type === "string" ? type : "anything"));
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  const limits = [
    maxLength === undefined ? "" : `at most ${maxLength} characters`,
    least === undefined ? "" : `from ${least}`,
    most === undefined ? "" : `to ${most}`,
  ].filter(Boolean);
  return limits.length > 0 ? `${kind}, ${limits.join(" ")}` : kind;
}
