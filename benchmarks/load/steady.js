/** A chat as it is on an ordinary day: messages at fixed times over many rooms, and how long each takes to each reader. */

/** Between the last message and the look whether everybody has everything. */
const LAST_MS = 2_000;
/** Nobody may get one twice either: even when all have everything, this long. */
const LAST_MS_LEAST = 250;

/** Sender and readers share this process, and so one clock. */
export async function steady(crowd, sender, { rooms, perSecond, seconds }) {
  const messages = perSecond * seconds;
  const sentAt = new Map(rooms.map((name) => [name, []]));
  const latencies = [];
  crowd.onDelivery = (room, number) => latencies.push(performance.now() - sentAt.get(room.name)[number]);

  const began = performance.now();
  const answers = [];
  for (let sent = 0; sent < messages; ) {
    const due = Math.min(messages, Math.floor(((performance.now() - began) * perSecond) / 1000));
    for (; sent < due; sent += 1) {
      const name = rooms[sent % rooms.length];
      const room = crowd.room(name);
      room.sent += 1;
      sentAt.get(name)[room.sent] = performance.now();
      answers.push(sender.send(name).catch((error) => crowd.fail(error.message)));
    }
    await new Promise((done) => setTimeout(done, 1));
  }
  await Promise.all(answers);
  await allDelivered(crowd);
  crowd.onDelivery = null;

  const { missing } = crowd.look();
  if (missing > 0) throw new Error(`${missing} messages had not arrived 2 s after the last was sent`);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { deliveries: latencies.length, p50: at(0.5), p99: at(0.99), max: latencies.at(-1) };
}

async function allDelivered(crowd) {
  const from = performance.now();
  for (let tookMs = 0; tookMs < LAST_MS; tookMs = performance.now() - from) {
    await new Promise((done) => setTimeout(done, LAST_MS_LEAST));
    if (crowd.look().missing === 0) return;
  }
}
