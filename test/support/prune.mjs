// A process that does nothing but keep less: a round at once and again, until it is killed. Says each round's end.

const [, , library, database, keepMessages] = process.argv;
const { openStore } = await import(new URL("store/open.js", library).href);
const { Pruner } = await import(new URL("core/pruner.js", library).href);

const store = await openStore({ url: database });
const { log, retention } = store;
const pruner = new Pruner({ log, retention, keepDays: 0, keepMessages: Number(keepMessages), settleMs: 0 });
// The pruner's own timers let a process end.
setInterval(() => {}, 1000);
console.log("ready");
for (;;) {
  await pruner.round();
  console.log("round");
  await new Promise((done) => setTimeout(done, 20));
}
