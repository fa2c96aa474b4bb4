// Another program that writes to the database: for each line on stdin one row, for each row one line with the time.
import { createInterface } from "node:readline";
import Database from "better-sqlite3";

const db = new Database(process.argv[2], { timeout: 2_000 });
db.pragma("synchronous = FULL");
const insert = db.prepare("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', ?)");
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  insert.run(line);
  console.log(Date.now());
}
db.close();
