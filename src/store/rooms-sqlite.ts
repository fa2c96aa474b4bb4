/** The rooms there are, in SQLite. */
import { ParkbenchError } from "../core/errors.js";
import type { UserId } from "../core/message.js";
import type { Room, Rooms } from "../core/room.js";
import { bindId, type Connection, type Statement } from "./connection.js";
import type { Reader } from "./reader.js";
import type { Writer } from "./writer.js";

interface RoomRow {
  readonly name: string;
  readonly title: string;
  readonly closed: number;
}

export class SqliteRooms implements Rooms {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #find: Statement;
  readonly #list: Statement;
  readonly #insert: Statement;

  constructor(db: Connection, reader: Reader, writer: Writer) {
    this.#reader = reader;
    this.#writer = writer;
    this.#find = db.prepare("SELECT name, title, closed FROM rooms WHERE name = ?");
    this.#list = db.prepare(
      "SELECT name, title, closed FROM rooms ORDER BY name <> 'lobby', name LIMIT 1000",
    );
    this.#insert = db.prepare("INSERT INTO rooms (name, title, created_by) VALUES (?, ?, ?)");
  }

  find(name: string): Promise<Room | null> {
    return this.#reader.read(() => this.#row(name));
  }

  list(): Promise<readonly Room[]> {
    return this.#reader.read(() => (this.#list.all() as RoomRow[]).map(toRoom));
  }

  create({
    name,
    title,
    createdBy,
  }: {
    name: string;
    title: string;
    createdBy: UserId | null;
  }): Promise<Room> {
    return this.#writer.write(() => {
      if (this.#row(name) !== null)
        throw new ParkbenchError("room_taken", `There is a room "${name}" already.`);
      this.#insert.run(name, title, bindId(createdBy));
      return { name, title, closed: false };
    });
  }

  #row(name: string): Room | null {
    const row = this.#find.get(name) as RoomRow | undefined;
    return row === undefined ? null : toRoom(row);
  }
}

function toRoom({ name, title, closed }: RoomRow): Room {
  return { name, title, closed: closed !== 0 };
}
