/** What a send is answered with while the server takes none: a refusal that costs no read, and on a page the form to send it again. */
import type { IncomingMessage } from "node:http";
import { ParkbenchError } from "../core/errors.js";
import type { Load } from "../core/load.js";
import { NOBODY } from "../identity/identity.js";
import { baseOf } from "./answer.js";
import type { Problem } from "./errors.js";
import { type Page, typed } from "./form.js";
import { type Pages, page } from "./pages.js";
import type { Fields } from "./request.js";
import { render } from "./views.js";

const RETRY_S_MIN = 1;
const RETRY_S_MAX = 5;

/**
 * Throws `overloaded`. Also at a retry of what is stored already: only a read would tell, and the nonce is recognised
 * whenever it comes again.
 */
export function mustTakeSends(load: Load): void {
  if (load.takesSends) return;
  const retryAfterS = RETRY_S_MIN + Math.floor(Math.random() * (RETRY_S_MAX - RETRY_S_MIN + 1));
  throw new ParkbenchError("overloaded", "The server is overloaded. Send it again in a moment.", {
    retryAfterS,
  });
}

/** What a send's form holds besides the text. */
const HELD = ["page", "room", "as", "nonce", "view", "token", "sealed"] as const;

/** The same form as it was sent, nonce and all: nobody has looked up who sent it, or where to. */
export async function againPage(
  req: IncomingMessage,
  pages: Pages,
  fields: Fields,
  problem: Problem,
): Promise<Page> {
  const held = HELD.filter((name) => fields.has(name)).map((name) => [name, typed(fields, name)] as const);
  const room = typed(fields, "room") || "lobby";
  return page(
    render("again", {
      ...pages.common(req, NOBODY, problem.title, problem),
      action: `${baseOf(req)}/send`,
      back: `${baseOf(req)}/rooms/${encodeURIComponent(room)}`,
      held,
      typed: { text: typed(fields, "text"), name: fields.has("name") ? typed(fields, "name") : null },
    }),
  );
}
