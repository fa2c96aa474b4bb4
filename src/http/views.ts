/** Renders the templates in `views/`, escaped by default. */
import { fileURLToPath } from "node:url";
import { Eta } from "eta";
import type { Message } from "../core/message.js";
import type { AuditEntry, Restriction, RoomState } from "../core/moderation.js";
import type { Room } from "../core/room.js";
import type { User } from "../core/user.js";
import { isoTime } from "./encode.js";
import type { Problem } from "./errors.js";

/** A message as the partial shows it. */
export interface MessageView {
  readonly id: number;
  readonly name: string;
  /** ISO 8601. */
  readonly at: string;
  /** Short, in the server's time zone. */
  readonly time: string;
  readonly text: string;
  readonly mine: boolean;
  readonly kind: string;
  readonly removed: boolean;
}

export interface CommonView {
  /** The mount path, in front of every address. */
  readonly base: string;
  readonly title: string;
  readonly user: User | null;
  /** People sign in here, by a name; otherwise the host application says who they are. */
  readonly ownNames: boolean;
  readonly guests: boolean;
  /** What the hidden field `sealed` of every form holds, for who keeps no cookies; null for no such field. */
  readonly sealed: string | null;
  readonly token: string;
  readonly nonce: string;
  readonly problem: Problem | null;
}

export interface HomeView extends CommonView {
  readonly rooms: readonly Room[];
  readonly typed: { readonly name: string; readonly room: string; readonly roomTitle: string };
}

/** The form that sends a message. */
export interface SendView extends CommonView {
  readonly room: Room;
  /** Which page the form is on: "" the room's, "write" its own. */
  readonly view: "" | "write";
  readonly typed: { readonly text: string; readonly name: string };
}

export interface RoomView extends SendView {
  /** Newest first. */
  readonly messages: readonly MessageView[];
  readonly cursor: string;
  readonly older: string | null;
  /** The id that `older` goes on from. */
  readonly oldest: number | null;
  readonly latest: string | null;
  readonly waitHref: string;
  readonly reloadHref: string;
  readonly framesHref: string;
  /** May remove messages: each has a button for it. */
  readonly moderates: boolean;
}

export interface ModerationView extends CommonView {
  readonly moderates: boolean;
  /** A code can make somebody a moderator here. */
  readonly haveCodes: boolean;
  readonly restrictions: readonly Restriction[];
  readonly rooms: readonly RoomState[];
  readonly audit: readonly AuditEntry[];
  minuteOf(atMs: number): string;
  /** What was typed into a field of the form that failed. */
  typed(field: string): string;
}

export interface WriteView extends SendView {
  readonly isSent: boolean;
}

export interface FramesView extends CommonView {
  readonly room: Room;
  readonly writeHref: string;
  readonly liveHref: string;
  readonly waitHref: string;
}

export interface WaitView extends CommonView {
  readonly room: Room;
  readonly messages: readonly MessageView[];
  /** How many of the messages are new since the page was asked for. */
  readonly fresh: number;
  /** Where the rest is, when more came than are shown. */
  readonly earlier: string | null;
  /** Some that came since are not kept any more. */
  readonly hasGap: boolean;
  readonly refreshS: number;
  readonly refreshHref: string;
}

export interface LiveView extends CommonView {
  readonly room: Room;
  /** Oldest first. */
  readonly messages: readonly MessageView[];
  /** The last id that the page has. */
  readonly newest: number;
  /** Some that came while the reader was away are not kept any more. */
  readonly hasGap: boolean;
  readonly waitHref: string;
  /** Where the page goes on when its end has not come, and when: the end itself says better. */
  readonly againHref: string;
  readonly againS: number;
  /** Where the page is cut: twice. */
  readonly cut: string;
}

export interface GoOnView {
  readonly href: string;
  /** Null for a page that leads nowhere by itself. */
  readonly refreshS: number | null;
  readonly problem: Problem | null;
}

export interface ProblemView extends CommonView {
  readonly back: string;
  /** What was typed into a form that has no page to be shown on again; "" for nothing. */
  readonly kept: string;
}

export interface AgainView extends CommonView {
  readonly action: string;
  readonly back: string;
  /** What the form holds unseen, by name. */
  readonly held: readonly (readonly [name: string, value: string])[];
  /** `name` is null where the form has no such field. */
  readonly typed: { readonly text: string; readonly name: string | null };
}

export interface CheckView extends CommonView {
  /** A room to listen in; "" when there is none that the visitor may read. */
  readonly room: string;
}

interface Views {
  home: HomeView;
  room: RoomView;
  wait: WaitView;
  write: WriteView;
  frames: FramesView;
  live: LiveView;
  _go_on: GoOnView;
  _message: { readonly message: MessageView; readonly fresh: boolean };
  problem: ProblemView;
  check: CheckView;
  again: AgainView;
  moderation: ModerationView;
}

const eta = new Eta({ views: fileURLToPath(new URL("../../views/", import.meta.url)), cache: true });

export function render<Name extends keyof Views>(name: Name, view: Views[Name]): string {
  return eta.render(`./${name}`, view);
}

/** A removed message says so itself: the row by which readers hear of it is for those who have it. */
export function shownOf(messages: readonly Message[]): readonly Message[] {
  return messages.filter(({ kind }) => kind !== "delete");
}

export function messageView(message: Message, user: User | null): MessageView {
  const at = isoTime(message.at);
  return {
    id: message.id,
    name: message.from.name,
    at,
    time: shortTime(new Date(at)),
    text: message.kind === "delete" ? "(removed a message)" : message.text,
    mine: user !== null && message.from.id === user.id,
    kind: message.kind,
    removed: message.text === "" && message.kind === "message",
  };
}

/** The time of day for what is from today, the date as well for the rest. */
function shortTime(at: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const isToday = at.toDateString() === new Date().toDateString();
  return isToday ? time : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}
