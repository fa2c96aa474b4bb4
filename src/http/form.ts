/** Everything that changes something: read the fields, refuse other sites, act, answer as JSON or as a page. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../core/logger.js";
import { type Asker, askerOf, type Identity, NOBODY } from "../identity/identity.js";
import { baseOf, redirect, writeJson } from "./answer.js";
import { type Problem, problemOf, setProblemHeaders, writeProblem } from "./errors.js";
import { refuseMethod } from "./methods.js";
import { type Origins, refuseCrossSite } from "./origin.js";
import { type Fields, only, readFields, refuseTwoHosts, TooLargeForm } from "./request.js";
import type { Tokens } from "./token.js";

export interface FormParts {
  readonly identity: Identity;
  readonly tokens: Tokens;
  readonly origins: Origins;
  readonly logger: Logger;
}

export interface Form {
  /** A stateless token is enough: the request uses no session's rights. */
  readonly signsIn?: boolean;
  /** Other methods that the address takes, for Allow. */
  readonly alsoAllows?: readonly string[];
  act(req: IncomingMessage, fields: Fields, asker: Asker): Promise<Done>;
  /** The page again, with what was typed and what was wrong with it. Status and headers are set by the caller. */
  page(req: IncomingMessage, fields: Fields, asker: Asker, problem: Problem): Promise<Page>;
}

export interface Done {
  readonly status: 200 | 201;
  readonly content: object;
  /** Where a browser goes next, below the mount point: an address never used before, as links2 and elinks show an old copy of one they know (measured). */
  readonly location: string;
}

/** A rendered page, to be written with a status. */
export type Page = (res: ServerResponse, status: number) => void;

export function formHandler(
  parts: FormParts,
  form: Form,
): (req: IncomingMessage, res: ServerResponse) => void {
  const { identity, tokens, origins, logger } = parts;

  return (req, res) => {
    if (refuseMethod(req, res, ["POST", ...(form.alsoAllows ?? [])])) return;
    run(req, res).catch((error: unknown) => writeProblem(req, res, problemOf(error, logger)));
  };

  async function run(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let fields: Fields = new Map();
    let asker: Asker = NOBODY;
    try {
      refuseTwoHosts(req);
      fields = await readFields(req);
      asker = await askerOf(identity, req);
      const given = only(fields, "token", "bad_request") ?? headerToken(req);
      const token = tokens.kindOf(given, asker.session);
      refuseCrossSite(req, origins, {
        hasSession: asker.session !== null,
        token,
        signsIn: form.signsIn ?? false,
      });
      const done = await form.act(req, fields, asker);
      if (wantsPage(req, fields)) redirect(res, baseOf(req) + done.location);
      else writeJson(res, done.status, done.content);
    } catch (error) {
      if (error instanceof TooLargeForm) fields = error.fields;
      const problem = problemOf(error, logger);
      if (res.destroyed || !wantsPage(req, fields)) return writeProblem(req, res, problem);
      // The body may have failed before anybody was asked for.
      if (asker === NOBODY) asker = await askerOf(identity, req);
      const page = await form.page(req, fields, asker, problem);
      setProblemHeaders(req, res, problem);
      page(res, problem.status);
    }
  }
}

/** Rendered forms say `page=1`; only without such a field does Accept decide. */
function wantsPage(req: IncomingMessage, fields: Fields): boolean {
  const page = fields.get("page");
  return page === undefined ? (req.headers.accept ?? "").includes("text/html") : page[0] === "1";
}

function headerToken(req: IncomingMessage): string | undefined {
  const header = req.headers["x-parkbench-token"];
  return typeof header === "string" ? header : undefined;
}

/** What a person typed into a field, to be shown again as it was. */
export function typed(fields: Fields, name: string): string {
  const value = fields.get(name)?.[0];
  return typeof value === "string" ? value : "";
}
