/** Whom an act of moderation is about, and for how long, as somebody typed it; and in words. */
import { ParkbenchError } from "../core/errors.js";
import type { Restriction, Subject, Terms } from "../core/moderation.js";
import { foldName } from "../core/user.js";
import { countedForm, isLoopback } from "./address.js";

/** Ten years: whoever means longer means for good. */
const MINUTES_MAX = 5_256_000;
const REASON_CHARS_MAX = 200;
/** A host's names and ids may be longer than ours. */
const WHOM_CHARS_MAX = 200;
/** Copied along with a name, it would make the ban one of nobody. Joiners are part of some names of a host's. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u200b\ufeff]/u;

/** For a new restriction. Throws `bad_request`. `trustsProxy`: whether addresses behind a proxy on this machine are known. */
export function newSubjectOf(
  kind: string | undefined,
  text: string | undefined,
  trustsProxy: boolean,
): Subject {
  const subject = subjectOf(kind, text);
  const { value } = subject;
  if (value.length > WHOM_CHARS_MAX || UNSEEN.test(value))
    throw wrong(
      "Nobody is called so: it is too long, or holds a character that cannot be seen. Type it by hand.",
    );
  if (subject.kind === "address" && isLoopback(value) && !trustsProxy)
    throw wrong(
      `${value} is this machine itself, and while TRUST_PROXY is off it may be a proxy with everybody behind it. ` +
        "Such addresses are never banned; set TRUST_PROXY for the server, and people have addresses of their own.",
    );
  return subject;
}

/** For one that is to be lifted, whoever made it and how. Throws `bad_request`. */
export function subjectOf(kind: string | undefined, text: string | undefined): Subject {
  const value = text?.trim() ?? "";
  if (value === "")
    throw wrong('Say whom: "user" and an id, "name" and a name, or "address" and an address.');
  if (kind === "user") return { kind, value };
  if (kind === "name") return { kind, value: foldName(value.normalize("NFC").replace(/\p{Zs}+/gu, " ")) };
  if (kind === "address") return { kind, value: addressOf(value) };
  throw wrong(`"${kind}" is none of "user", "name" and "address".`);
}

function addressOf(text: string): string {
  // Also as lists show it, the /64 of an IPv6 address.
  const isListed = text.includes(":") && text.endsWith("/64");
  const counted = countedForm(isListed ? text.slice(0, -"/64".length) : text);
  if (counted === null) throw wrong(`"${text}" is no IPv4 or IPv6 address.`);
  return counted;
}

/** Throws `bad_request`. Without minutes: until it is lifted. */
export function termsOf(minutes: string | undefined, reason: string | undefined): Terms {
  const untilMs = minutes ? Date.now() + wholeIn("minutes", minutes, 1, MINUTES_MAX) * 60_000 : null;
  const said = (reason ?? "")
    .normalize("NFC")
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  if (said.length > REASON_CHARS_MAX)
    throw wrong(`The reason has ${said.length} characters; ${REASON_CHARS_MAX} are the most.`);
  return { untilMs, reason: said };
}

/** Throws `bad_request`. */
export function wholeIn(what: string, text: string | undefined, min: number, max: number): number {
  const number = /^[0-9]{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw wrong(`"${what}" must be a whole number from ${min} to ${max}.`);
}

/** The end of a sentence: " until 2026-11-21 16:35 UTC", or nothing where there is no end. */
export function untilWords({ untilMs }: Pick<Restriction, "untilMs">): string {
  return untilMs === null ? "" : ` until ${minuteOf(untilMs)}`;
}

/** In UTC, as readers are in many places. */
export function minuteOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function wrong(text: string): ParkbenchError {
  return new ParkbenchError("bad_request", text);
}
