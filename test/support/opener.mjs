// A second process with a store of its own: opens what it is told to, appends until it is killed, reports by IPC.
const { openStore } = await import(process.argv[2]);

process.on("message", async ({ url, isSending = false }) => {
  try {
    const store = await openStore({ url });
    if (isSending) return void send(store.log);
    const rooms = await store.rooms.list();
    await store.close();
    process.send({ epoch: store.log.epoch, rooms: rooms.length });
  } catch (error) {
    process.send({ code: error.code, error: error.message });
  }
});
process.send("ready");

async function send(log) {
  const author = { id: null, name: "Ana" };
  for (let n = 0; ; n++) {
    const texts = Array.from({ length: 4 }, (_, at) => `${n}-${at}`);
    const sent = await Promise.all(texts.map((text) => log.append({ room: "lobby", author, text })));
    process.send(sent.map(({ message }) => ({ id: message.id, text: message.text })));
  }
}
