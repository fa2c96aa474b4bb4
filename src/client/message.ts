/** What the server says: rows, batches of them, and problems. Read with suspicion: a proxy may have said it. */

/** One row, as the server wrote it. Kinds and fields that you do not know are to be passed over. */
export interface Message {
  id: number;
  room: string;
  kind: string;
  from: { id: number | string | null; name: string };
  text: string;
  at: string;
  nonce: string | null;
  data?: object;
  ref?: number;
}

/** Rows in ascending order, and the cursor after them. */
export interface Batch {
  messages: Message[];
  next: string;
  more?: boolean;
  retry?: number;
  reset?: { reason: string };
}

/** Why something was refused; `code` is stable, `detail` is for people. */
export interface Problem {
  code: string;
  status?: number;
  title?: string;
  detail?: string;
}

/** Anything that an address may answer, before it is looked at. */
export interface Answer {
  messages?: Message[];
  next?: string;
  id?: number;
  code?: string;
  token?: string;
  user?: { id: number | string } | null;
}

export function isBatch(answer: Answer | null): answer is Batch {
  return !!(answer && answer.messages && answer.next);
}
