/** What of a log moves to PostgreSQL, table by table, and how both databases are asked for the same bytes of a row. */

/**
 * What a column holds: `whole` a number, `flag` yes or no, `bytes`, `text`, `time` (of a message: timestamptz in
 * PostgreSQL), `author` (a number or a text: digits, or JSON, in PostgreSQL).
 */
export type Kind = "whole" | "flag" | "bytes" | "text" | "time" | "author";

export interface MovedTable {
  readonly name: string;
  /** Its primary key; of kinds whose order is the same in both databases. */
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, Kind>>;
  /** Whether the database gives the ids, so that it must not give those again that it has given. */
  readonly isNumbered: boolean;
}

/** Those that people would miss most come last: who looks on sees that the small ones went well. */
export const TABLES: readonly MovedTable[] = [
  table("rooms", "name", {
    name: "text",
    title: "text",
    closed: "flag",
    created_by: "author",
    created_at: "whole",
    slow_s: "whole",
  }),
  table("users", "id", { id: "whole", name: "text", folded: "text", seen_at: "whole", created_at: "whole" }),
  table("sessions", "id_hash", { id_hash: "bytes", data: "text", expires_at: "whole" }),
  table("control", "id", { id: "whole", kind: "text", subject: "text", at: "whole" }),
  table("restrictions", "id", {
    id: "whole",
    kind: "text",
    subject_kind: "text",
    subject: "text",
    until: "whole",
    reason: "text",
    created_by: "text",
    created_at: "whole",
  }),
  table("moderator_codes", "code_hash", { code_hash: "bytes", label: "text", expires_at: "whole" }),
  table("moderators", "user_id", { user_id: "whole", label: "text", created_at: "whole" }),
  table("audit", "id", {
    id: "whole",
    actor: "text",
    action: "text",
    subject: "text",
    detail: "text",
    at: "whole",
  }),
  table("pruned", "room", { room: "text", upto: "whole" }),
  table("pruned_nonces", "at sender nonce", { at: "whole", sender: "text", nonce: "text" }),
  table("nonces", "sender nonce", { sender: "text", nonce: "text", message_id: "whole" }),
  table("messages", "id", {
    id: "whole",
    room: "text",
    author_name: "text",
    text: "text",
    author_id: "author",
    kind: "text",
    nonce: "text",
    data: "text",
    ref: "whole",
    at: "time",
  }),
];

/** Not copied: what `log` says is set at the end, `pruner` is a lease of one process, `migrations` each database has. */
export const NOT_MOVED: readonly string[] = ["log", "migrations", "pruner"];

function table(name: string, key: string, columns: Readonly<Record<string, Kind>>): MovedTable {
  return { name, key: key.split(" "), columns, isNumbered: key === "id" };
}

export function kindOf({ columns }: MovedTable, column: string): Kind {
  return columns[column] ?? "text";
}

/** The key and then the columns of the next rows, and what each of them weighs: `?` is the last key, if any, and a limit. */
export function sourceSql(
  of: MovedTable,
  isFirst: boolean,
): { readonly rows: string; readonly weights: string } {
  const columns = Object.entries(of.columns);
  const last = of.key.map((column) => {
    if (kindOf(of, column) === "whole") return "?";
    return kindOf(of, column) === "text" ? "CAST(unhex(?) AS TEXT)" : "unhex(?)";
  });
  const range = isFirst ? "" : `WHERE (${of.key.join()}) > (${last.join()})`;
  const rest = `FROM ${of.name} ${range} ORDER BY ${of.key.join()} LIMIT ?`;
  const read = ([column, kind]: readonly [string, Kind]) => {
    if (kind === "whole" || kind === "time") return `CAST(${column} AS TEXT)`;
    if (kind === "flag") return `CAST(${column} <> 0 AS TEXT)`;
    return kind === "bytes" ? `lower(hex(${column}))` : column;
  };
  // Its bytes: the driver mends what is no UTF-8, and the mended key would be another place in the order.
  const key = of.key.map((column) =>
    kindOf(of, column) === "whole" ? `CAST(${column} AS TEXT)` : `lower(hex(${column}))`,
  );
  const long = columns.filter(([, kind]) => kind !== "whole" && kind !== "flag" && kind !== "time");
  const weights = long.map(([column]) => `ifnull(octet_length(${column}), 0)`).join("+") || "0";
  return {
    rows: `SELECT ${[...key, ...columns.map(read)].join()} ${rest}`,
    weights: `SELECT ${weights} ${rest}`,
  };
}

/** The key of each row in the order of the source, and the SHA-256 of its columns as `digestOf` makes it. */
export function targetSql(of: MovedTable): string {
  const read = ([column, kind]: readonly [string, Kind]) => {
    if (kind === "whole") return `${column}::text`;
    if (kind === "flag") return `CASE WHEN ${column} THEN '1' ELSE '0' END`;
    if (kind === "bytes") return `encode(${column}, 'hex')`;
    return kind === "time" ? `floor(extract(epoch FROM ${column}) * 1000)::bigint::text` : column;
  };
  const parts = Object.entries(of.columns)
    .map(read)
    .map((text) => `coalesce(octet_length(${text}) || ':' || ${text}, '-')`);
  const key = of.key.map((column) => {
    if (kindOf(of, column) === "whole") return `${column}::text`;
    return `encode(${kindOf(of, column) === "text" ? `convert_to(${column}, 'UTF8')` : column}, 'hex')`;
  });
  // With the table's name: the bare one would mean what is selected, digits that sort as text.
  const order = of.key.map(
    (column) => `${of.name}.${column}${kindOf(of, column) === "text" ? ' COLLATE "C"' : ""}`,
  );
  const digest = `encode(sha256(convert_to(concat_ws(',', ${parts.join()}), 'UTF8')), 'hex')`;
  return `SELECT ${[...key, digest].join()} FROM ${of.name} ORDER BY ${order.join()}`;
}

/** `$1`... are arrays, one for each column, of texts as `rowOf` makes them. */
export function insertSql(of: MovedTable): string {
  const columns = Object.entries(of.columns);
  const given = columns.map(([, kind], at) => `$${at + 1}::${arrayOf(kind)}`);
  const values = columns.map(([column, kind]) => (kind === "bytes" ? `decode(${column}, 'hex')` : column));
  const names = columns.map(([column]) => column).join();
  return `INSERT INTO ${of.name} (${names}) OVERRIDING SYSTEM VALUE SELECT ${values.join()} FROM unnest(${given.join()}) AS given (${names})`;
}

/** `$1`... are arrays, one for each column of the key. */
export function deleteSql(of: MovedTable): string {
  const given = of.key.map((column, at) => `$${at + 1}::${arrayOf(kindOf(of, column))}`);
  const same = of.key
    .map((column) => {
      const value = kindOf(of, column) === "bytes" ? `decode(gone.${column}, 'hex')` : `gone.${column}`;
      return `${of.name}.${column} = ${value}`;
    })
    .join(" AND ");
  return `DELETE FROM ${of.name} USING unnest(${given.join()}) AS gone (${of.key.join()}) WHERE ${same}`;
}

function arrayOf(kind: Kind): string {
  if (kind === "whole") return "bigint[]";
  if (kind === "flag") return "boolean[]";
  return kind === "time" ? "timestamptz[]" : "text[]";
}
