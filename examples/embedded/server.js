// A chat mounted into an Express app that has its own session and its own users.
//
//   npm run build && node examples/embedded/server.js
//
// Then open http://127.0.0.1:3100/login/ana and http://127.0.0.1:3100/chat/rooms/lobby
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import express from "express";
import session from "express-session";
import { createChat } from "parkbench";

const PEOPLE = { ana: { id: 7, name: "Ana" }, bo: { id: 8, name: "Bo" } };

const folder = process.env.DATA_FOLDER ?? "data";
mkdirSync(folder, { recursive: true });

const app = express();
app.use(session({ secret: "an example's secret, not yours", resave: false, saveUninitialized: false }));

app.get("/login/:who", (req, res) => {
  req.session.regenerate(() => {
    req.session.user = PEOPLE[req.params.who];
    res.redirect("/chat/rooms/lobby");
  });
});

const chat = createChat({
  database: `${folder}/embedded.db`,
  // Keeps open forms good over restarts. Yours comes from where your other secrets are.
  secrets: ["another secret that is not yours"],
  identity: {
    identify: (req) => req.session?.user ?? null,
    // Form tokens live as long as this does, and a newer poll of it releases the older.
    sessionOf: (req) => (req.session?.user ? req.sessionID : null),
    mayRead: (user, room) => room.name !== "staff" || user?.id === 7,
  },
});
app.use("/chat", chat.router);

app.post("/order", async (_req, res) => {
  const message = await chat.send({
    room: "lobby",
    text: "An order came in.",
    author: { id: null, name: "The shop" },
  });
  res.status(201).json({ announcedAs: message.id });
});

await chat.ready;
const server = createServer(app);
// Timeouts that parked requests can live with, and WebSocket.
chat.attach(server, { path: "/chat" });
server.listen(Number(process.env.PORT ?? 3100), "127.0.0.1", () => {
  console.log(`The example listens on http://127.0.0.1:${server.address().port}/chat/`);
});

process.once("SIGTERM", () => {
  server.close();
  void chat.close().then(() => server.closeAllConnections());
});
