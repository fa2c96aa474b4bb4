/** The owner's command line as a process of its own, over the database of a running server or of none. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../dist/admin.js", import.meta.url));

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command; rejects only when the program could not be started. */
export function admin(
  database: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, DATABASE_URL: database, ...env } };
    execFile(process.execPath, [PROGRAM, ...args], options, (error, out, err) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ code: Number(error?.code ?? 0), out, err });
    });
  });
}
