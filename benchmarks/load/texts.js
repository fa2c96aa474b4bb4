/** What the messages say: an ordinary line, with the message's number in its room. */

const LINE = "hello there, how are you today? #";
const NUMBERED = /#(\d+)$/;

export function textOf(number) {
  return `${LINE}${number}`;
}

/** NaN for a text that is none of these. */
export function numberOf(text) {
  return Number(NUMBERED.exec(text)?.[1]);
}
