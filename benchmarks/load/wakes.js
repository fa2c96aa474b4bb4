/** When each reader has the row of a send that was taken elsewhere: from the send's start, and from its answer. */
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "./closed-loop.js";

const ROOM = "lobby";

/**
 * Sender and readers share this process, and so one clock. Of all readers, each for itself.
 * @returns {Promise<Record<"fromSendMsP50" | "fromSendMsP99" | "fromAnswerMsP50" | "fromAnswerMsP99", number>>}
 */
export async function wakes(crowd, sender, { messages, perSecond }) {
  const wakings = [];
  for (let i = 0; i < messages; i += 1) {
    await sleep(gapMs(perSecond));
    const deliveredAt = [];
    crowd.onDelivery = () => deliveredAt.push(performance.now());
    const delivered = crowd.expect(ROOM, false);
    const sentAt = performance.now();
    const answered = sender.send(ROOM).then(() => performance.now());
    const [answeredAt] = await Promise.all([answered, delivered]);
    wakings.push({ sentAt, answeredAt, deliveredAt });
  }
  crowd.onDelivery = null;
  crowd.look();
  return figuresOf(wakings);
}

/** Below 0 from the answer: the reader had the row before the sender knew that it was stored. */
export function figuresOf(wakings) {
  const since = (start) =>
    wakings.flatMap((one) => one.deliveredAt.map((at) => at - one[start])).sort((a, b) => a - b);
  const [fromSend, fromAnswer] = [since("sentAt"), since("answeredAt")];
  return {
    fromSendMsP50: percentile(fromSend, 0.5),
    fromSendMsP99: percentile(fromSend, 0.99),
    fromAnswerMsP50: percentile(fromAnswer, 0.5),
    fromAnswerMsP99: percentile(fromAnswer, 0.99),
  };
}

/** Never the same: at a fixed time all would meet a bell that is looked at every few ms at one point of its round. */
function gapMs(perSecond) {
  return (1000 / perSecond) * (0.5 + Math.random());
}
