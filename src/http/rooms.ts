/** POST /rooms: any signed-in user can make a room. */
import { ParkbenchError } from "../core/errors.js";
import { TITLE_CODE_POINTS_MAX } from "../core/limits.js";
import { ROOM_NAME, type Rooms } from "../core/room.js";
import { isLonger, NFC_SHRINKS_TO } from "../core/text.js";
import type { Addresses } from "./address.js";
import { type FormParts, formHandler, typed } from "./form.js";
import { fresh } from "./fresh.js";
import type { Pages } from "./pages.js";
import type { Handler } from "./poll.js";
import { type Fields, only } from "./request.js";

export function makeRoomHandler(
  parts: FormParts & { readonly rooms: Rooms; readonly pages: Pages; readonly addresses: Addresses },
): Handler {
  return formHandler(parts, {
    async act(req, fields, { user }) {
      if (!user) throw new ParkbenchError("not_signed_in", "Sign in first, then make the room.");
      // Everybody reads its title.
      parts.guard.refuseWriter(user, parts.addresses.of(req));
      const room = { ...roomIn(fields), createdBy: user.id };
      const { name, title } = await parts.rooms.create(room, parts.limits.roomsPerUserMax);
      return { status: 201, content: { name, title }, location: fresh(`/rooms/${name}`) };
    },
    next: (req, fields, asker) => parts.pages.room(req, asker, typed(fields, "name"), {}),
    page: (req, fields, asker, problem) =>
      parts.pages.home(req, asker, {
        problem,
        typed: { room: typed(fields, "name"), roomTitle: typed(fields, "title") },
      }),
  });
}

/** One is enough: zero-width joiners are part of some emoji, but nothing else would be a link that nobody can see. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

function roomIn(fields: Fields): { name: string; title: string } {
  const name = only(fields, "name", "bad_room") ?? "";
  if (!ROOM_NAME.test(name)) {
    throw new ParkbenchError("bad_room", 'A room\'s name is 1 to 64 of small letters a-z, digits and "-".');
  }
  const given = (only(fields, "title", "bad_title") ?? "").trim() || name;
  const title = isLonger(given, NFC_SHRINKS_TO * TITLE_CODE_POINTS_MAX) ? given : given.normalize("NFC");
  if (
    [...title].length > TITLE_CODE_POINTS_MAX ||
    !title.isWellFormed() ||
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(title) ||
    !VISIBLE.test(title)
  ) {
    throw new ParkbenchError(
      "bad_title",
      `A title has at most ${TITLE_CODE_POINTS_MAX} characters, all of them visible.`,
    );
  }
  return { name, title };
}
