/** Everything that changes something: read the fields, refuse other sites, act, answer as JSON or as a page. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Limits } from "../core/limits.js";
import type { Logger } from "../core/logger.js";
import { type Asker, NOBODY } from "../identity/identity.js";
import { baseOf, redirect, writeJson } from "./answer.js";
import { type AskParts, ask, sealedEnded } from "./ask.js";
import { type Problem, problemOf, setProblemHeaders, writeProblem } from "./errors.js";
import { refuseMethod } from "./methods.js";
import { type Origins, refuseCrossSite } from "./origin.js";
import type { Pages } from "./pages.js";
import { type Fields, only, readFields, refuseTwoHosts, TooLargeForm } from "./request.js";
import type { Tokens } from "./token.js";

export interface FormParts extends AskParts {
  readonly tokens: Tokens;
  readonly origins: Origins;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly pages: Pages;
}

export interface Form {
  /** A stateless token is enough: the request uses no session's rights. */
  readonly signsIn?: boolean;
  /** Other methods that the address takes, for Allow. */
  readonly alsoAllows?: readonly string[];
  /** Whom this very form has signed in already, by a sealed session: it is sent once more, as a reload does. */
  recall?(req: IncomingMessage, fields: Fields): Promise<Asker | null>;
  /** Throws `overloaded`, for what is to cost no read: nobody is asked for before. */
  admit?(): void;
  act(req: IncomingMessage, fields: Fields, asker: Asker): Promise<Done>;
  /** Where a browser goes next, as a page: a redirect would lose the session that only forms carry. */
  next(req: IncomingMessage, fields: Fields, asker: Asker): Promise<Page>;
  /** The page again, with what was typed and what was wrong with it. Status and headers are set by the caller. */
  page(req: IncomingMessage, fields: Fields, asker: Asker, problem: Problem): Promise<Page>;
}

export interface Done {
  readonly status: 200 | 201;
  readonly content: object;
  /** Where a browser goes next, below the mount point: an address never used before, as links2 and elinks show an old copy of one they know (measured). */
  readonly location: string;
  /** Who the asker is from now on, where that has changed and no cookie says it. */
  readonly asker?: Asker;
}

/** A rendered page, to be written with a status. */
export type Page = (res: ServerResponse, status: number) => void;

export function formHandler(
  parts: FormParts,
  form: Form,
): (req: IncomingMessage, res: ServerResponse) => void {
  const { tokens, origins, logger } = parts;

  return (req, res) => {
    if (refuseMethod(req, res, ["POST", ...(form.alsoAllows ?? [])], logger)) return;
    run(req, res).catch((error: unknown) => writeProblem(req, res, problemOf(error, logger)));
  };

  async function run(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let fields: Fields = new Map();
    let asker: Asker = NOBODY;
    try {
      refuseTwoHosts(req);
      fields = await readFields(req, parts.limits.bodyBytesMax);
      form.admit?.();
      const asked = await ask(parts, req, sealedIn(req, fields));
      const recalled =
        asked.asker.sealed !== undefined && asked.asker.session === null
          ? ((await form.recall?.(req, fields)) ?? null)
          : null;
      asker = recalled ?? asked.asker;
      // Before the token is looked at: it is bound to the session that is gone, and would be called another site's.
      if (asked.hasEnded && !recalled) throw sealedEnded();
      const given = only(fields, "token", "bad_request") ?? headerToken(req);
      const token = tokens.kindOf(given, asker.session);
      refuseCrossSite(req, origins, {
        hasSession: asked.asker.session !== null,
        token,
        signsIn: form.signsIn ?? false,
      });
      if (recalled) parts.guard.refuse(req, recalled.user);
      if (recalled) return (await form.next(req, fields, recalled))(res, 200);
      const done = await form.act(req, fields, asker);
      if (!wantsPage(req, fields)) return writeJson(res, done.status, done.content);
      const after = done.asker ?? asker;
      if (!asker.sealed && !after.sealed) return redirect(res, baseOf(req) + done.location);
      (await form.next(req, fields, after))(res, 200);
    } catch (error) {
      if (error instanceof TooLargeForm) fields = error.fields;
      const problem = problemOf(error, logger);
      if (res.destroyed || !wantsPage(req, fields)) return writeProblem(req, res, problem);
      // Whoever is banned sees no page but that, with what they typed.
      if (problem.code === "banned")
        return parts.pages.problem(req, NOBODY, problem, typed(fields, "text"))(res, problem.status);
      // The body may have failed before anybody was asked for, and a session may have ended meanwhile.
      const isUnasked = asker === NOBODY && problem.code !== "overloaded";
      if (isUnasked || problem.code === "not_signed_in")
        ({ asker } = await ask(parts, req, sealedIn(req, fields)));
      const page = await form.page(req, fields, asker, problem);
      setProblemHeaders(req, res, problem);
      page(res, problem.status);
    }
  }
}

/** A session that pages carry: programs that read JSON have the cookie. */
function sealedIn(req: IncomingMessage, fields: Fields): string | undefined {
  return fields.has("sealed") && wantsPage(req, fields) ? typed(fields, "sealed") : undefined;
}

/** Rendered forms say `page=1`; only without such a field does Accept decide. */
function wantsPage(req: IncomingMessage, fields: Fields): boolean {
  const page = fields.get("page");
  return page === undefined ? (req.headers.accept ?? "").includes("text/html") : page[0] === "1";
}

export function headerToken(req: IncomingMessage): string | undefined {
  const header = req.headers["x-parkbench-token"];
  return typeof header === "string" ? header : undefined;
}

/** What a person typed into a field, to be shown again as it was. */
export function typed(fields: Fields, name: string): string {
  const value = fields.get(name)?.[0];
  return typeof value === "string" ? value : "";
}
