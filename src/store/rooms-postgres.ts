/** The rooms there are, in PostgreSQL. */
import { ParkbenchError } from "../core/errors.js";
import type { NewRoom, Room, Rooms } from "../core/room.js";
import { authorIdOf } from "./message-row-postgres.js";
import type { Pooled } from "./pooled.js";

type RoomRow = readonly [name: string, title: string, closed: boolean, slowS: number];

const COLUMNS = "name, title, closed, slow_s";

export class PostgresRooms implements Rooms {
  readonly #db: Pooled;

  constructor(db: Pooled) {
    this.#db = db;
  }

  async find(name: string): Promise<Room | null> {
    const [row] = await this.#db.read<RoomRow>(`SELECT ${COLUMNS} FROM rooms WHERE name = $1`, [name]);
    return row ? toRoom(row) : null;
  }

  async list(): Promise<readonly Room[]> {
    // By code points, as SQLite sorts.
    const sql = `SELECT ${COLUMNS} FROM rooms ORDER BY name <> 'lobby', name COLLATE "C" LIMIT 1000`;
    return (await this.#db.read<RoomRow>(sql, [])).map(toRoom);
  }

  async create({ name, title, createdBy }: NewRoom): Promise<Room> {
    this.#db.mustBeOpen();
    const [row] = await this.#db.run<RoomRow>(
      `INSERT INTO rooms (name, title, created_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [name, title, authorIdOf(createdBy)],
    );
    if (!row) throw new ParkbenchError("room_taken", `There is a room "${name}" already.`);
    return toRoom(row);
  }
}

function toRoom([name, title, closed, slowS]: RoomRow): Room {
  return { name, title, closed, slowS };
}
