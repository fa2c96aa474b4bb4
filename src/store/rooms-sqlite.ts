/** The rooms there are, in SQLite. */
import type { NewRoom, Room, Rooms } from "../core/room.js";
import { bindId, type Connection, only, type Statement } from "./connection.js";
import type { Reader } from "./reader.js";
import { roomTaken, tooManyRooms } from "./refuse.js";
import type { Writer } from "./writer.js";

interface RoomRow {
  readonly name: string;
  readonly title: string;
  readonly closed: number;
  readonly slow_s: number;
}

export class SqliteRooms implements Rooms {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #find: Statement;
  readonly #list: Statement;
  readonly #insert: Statement;
  readonly #madeBy: Statement;

  constructor(db: Connection, reader: Reader, writer: Writer) {
    this.#reader = reader;
    this.#writer = writer;
    this.#find = db.prepare("SELECT name, title, closed, slow_s FROM rooms WHERE name = ?");
    this.#list = db.prepare(
      "SELECT name, title, closed, slow_s FROM rooms ORDER BY name <> 'lobby', name LIMIT 1000",
    );
    this.#insert = db.prepare("INSERT INTO rooms (name, title, created_by) VALUES (?, ?, ?)");
    this.#madeBy = db.prepare("SELECT count(*) FROM rooms WHERE created_by = ?");
  }

  find(name: string): Promise<Room | null> {
    return this.#reader.readTogether(`room ${name}`, () => this.#row(name));
  }

  list(): Promise<readonly Room[]> {
    return this.#reader.read(() => (this.#list.all() as RoomRow[]).map(toRoom));
  }

  create({ name, title, createdBy }: NewRoom, perUserMax = Number.POSITIVE_INFINITY): Promise<Room> {
    return this.#writer.write(() => {
      if (this.#row(name) !== null) throw roomTaken(name);
      const maker = bindId(createdBy);
      // In the transaction that adds: of two at once, the second sees the first. Nobody's are none: NULL equals nothing.
      if (Number(only(this.#madeBy.get(maker))) >= perUserMax) throw tooManyRooms(perUserMax);
      this.#insert.run(name, title, maker);
      return { name, title, closed: false, slowS: 0 };
    });
  }

  #row(name: string): Room | null {
    const row = this.#find.get(name) as RoomRow | undefined;
    return row === undefined ? null : toRoom(row);
  }
}

function toRoom({ name, title, closed, slow_s }: RoomRow): Room {
  return { name, title, closed: closed !== 0, slowS: slow_s };
}
