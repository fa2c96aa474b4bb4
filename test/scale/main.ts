/** The simulation as a program: two loads, each on more and more machines, as tables. */
import { MODEL, type Model } from "./model.js";
import { type Figures, simulate } from "./simulate.js";

export { MODEL };

/** Resolves with whether every reader got everything, once and in order. */
export async function scale(
  given: Partial<Model>,
  processes: readonly number[],
  say: (line: string) => void,
): Promise<boolean> {
  const isAsked = given.messagesAll !== undefined || given.messagesEach !== undefined;
  const loads: readonly Partial<Model>[] = isAsked ? [{}] : [{ messagesAll: 100 }, { messagesAll: 0 }];
  let isRight = true;
  for (const load of loads) {
    const model = { ...MODEL, ...load, ...given };
    say(`\n${titleOf(model)}`);
    for (const line of HEAD) say(line);
    for (const count of processes) {
      const figures = await simulate(model, count);
      say(lineOf(figures));
      const { missed, wrong, refused } = figures;
      if (missed + wrong > 0) say(`  BROKEN: ${missed} messages missed, ${wrong} doubled or out of order`);
      if (refused > 0) say(`  ${refused} sends were refused: the database did not keep up`);
      isRight &&= missed + wrong === 0;
    }
  }
  return isRight;
}

function titleOf({ messagesAll, messagesEach, readers, roomReaders, seconds, seed }: Model): string {
  const rate =
    messagesAll > 0
      ? `${messagesAll} messages a second in all`
      : `${messagesEach} messages a second from each process`;
  return `${rate}, to ${roomReaders} readers each, ${readers} readers at each process (seed ${seed}, ${seconds} s)`;
}

const COLUMNS: readonly [title: string, under: string, of: (figures: Figures) => string][] = [
  ["proc-", "esses", ({ processes }) => `${processes}`],
  ["messages", "/s", ({ perSecond }) => whole(perSecond.messages)],
  ["send", "p50 ms", ({ ackMs }) => ms(ackMs, 0.5)],
  ["", "p99 ms", ({ ackMs }) => ms(ackMs, 0.99)],
  ["wake", "p50 ms", ({ wakeMs }) => ms(wakeMs, 0.5)],
  ["", "p99 ms", ({ wakeMs }) => ms(wakeMs, 0.99)],
  ["commits", "/s", ({ perSecond }) => whole(perSecond.commits)],
  ["reads", "/s", ({ perSecond }) => whole(perSecond.reads)],
  ["notifi-", "cations/s", ({ perSecond }) => whole(perSecond.notifications)],
  ["heard", "/s", ({ perSecond }) => whole(perSecond.heard)],
  ["lock", "held", ({ busy }) => percent(busy.lock)],
  ["database", "busy", ({ busy }) => percent(busy.database)],
  ["process", "busy", ({ busy }) => percent(busy.process)],
];

const HEAD = [
  COLUMNS.map(([title]) => title.padStart(10)).join(""),
  COLUMNS.map(([, under]) => under.padStart(10)).join(""),
];

function lineOf(figures: Figures): string {
  return COLUMNS.map(([, , of]) => of(figures).padStart(10)).join("");
}

/** Of ascending values. */
function ms(values: readonly number[], share: number): string {
  return values[Math.ceil(values.length * share) - 1]?.toFixed(1) ?? "-";
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
