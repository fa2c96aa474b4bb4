/** Another program, which asks PostgreSQL something and leaves. */
import pg from "pg";

/** The rows of the last statement. */
export async function ask<Row extends object = Record<string, unknown>>(
  url: string,
  ...statements: readonly string[]
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  // Its statement says so as well, when the server ends meanwhile.
  client.on("error", () => {});
  await client.connect();
  try {
    let rows: readonly Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}
