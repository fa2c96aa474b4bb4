/** The one error class: what went wrong, as a stable code. `http/errors.ts` maps codes to statuses. */

export type ErrorCode =
  // the request
  | "bad_encoding"
  | "bad_json"
  | "bad_since"
  | "bad_wait"
  | "bad_limit"
  | "bad_room"
  | "bad_client"
  | "bad_echo"
  | "bad_before"
  | "bad_text"
  | "bad_nonce"
  | "bad_name"
  | "bad_title"
  | "bad_host"
  | "bad_request"
  | "body_not_allowed"
  | "no_name"
  | "name_reserved"
  | "text_empty"
  | "text_too_long"
  | "too_large"
  | "unsupported_type"
  | "method_not_allowed"
  | "upgrade_required"
  | "not_found"
  | "cross_site"
  // the state of things
  | "no_room"
  | "room_taken"
  | "room_closed"
  | "not_signed_in"
  | "may_not_post"
  | "wrong_user"
  | "name_taken"
  | "nonce_reused"
  | "no_message"
  | "banned"
  | "muted"
  | "slow_mode"
  | "not_moderator"
  | "bad_code"
  // the limits
  | "too_many_sends"
  | "too_many_signins"
  | "too_many_rooms"
  | "address_too_long"
  | "too_many_headers"
  | "overloaded"
  // the server
  | "storage_busy"
  | "storage_full"
  | "storage_lost"
  | "storage_failed"
  | "closed"
  | "internal";

export class ParkbenchError extends Error {
  override readonly name = "ParkbenchError";
  readonly code: ErrorCode;
  /** When trying again makes sense, in whole seconds, where that is known here and not by the code alone. */
  readonly retryAfterS: number | undefined;

  /** `message` is shown to the person who asked: what was wrong and what to do, never an internal. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions & { readonly retryAfterS?: number }) {
    super(message, options);
    this.code = code;
    this.retryAfterS = options?.retryAfterS;
  }
}
