/** The rooms there are, in PostgreSQL. */
import type { NewRoom, Room, Rooms } from "../core/room.js";
import { authorIdOf } from "./message-row-postgres.js";
import type { Pooled } from "./pooled.js";
import { roomTaken, tooManyRooms } from "./refuse.js";

type RoomRow = readonly [name: string, title: string, closed: boolean, slowS: number];

const COLUMNS = "name, title, closed, slow_s";
const FIND = `SELECT ${COLUMNS} FROM rooms WHERE name = $1`;
/** One after the other for each maker: of two at once, the second must see the first. */
const LOCK = "SELECT pg_advisory_xact_lock(7275628, hashtext($1))";

export class PostgresRooms implements Rooms {
  readonly #db: Pooled;

  constructor(db: Pooled) {
    this.#db = db;
  }

  async find(name: string): Promise<Room | null> {
    const [row] = await this.#db.read<RoomRow>(FIND, [name]);
    return row ? toRoom(row) : null;
  }

  async list(): Promise<readonly Room[]> {
    // By code points, as SQLite sorts.
    const sql = `SELECT ${COLUMNS} FROM rooms ORDER BY name <> 'lobby', name COLLATE "C" LIMIT 1000`;
    return (await this.#db.read<RoomRow>(sql, [])).map(toRoom);
  }

  async create(room: NewRoom, perUserMax = Number.POSITIVE_INFINITY): Promise<Room> {
    const maker = authorIdOf(room.createdBy);
    this.#db.mustBeOpen();
    // Nobody's are not counted.
    if (maker === null || perUserMax === Number.POSITIVE_INFINITY)
      return insert((sql, values) => this.#db.run(sql, values), room, maker);
    return this.#db.transaction(async (run) => {
      await run(LOCK, [maker]);
      if ((await run(FIND, [room.name])).length > 0) throw roomTaken(room.name);
      const [made] = await run<[count: number]>("SELECT count(*) FROM rooms WHERE created_by = $1", [maker]);
      if (Number(made?.[0]) >= perUserMax) throw tooManyRooms(perUserMax);
      return insert(run, room, maker);
    });
  }
}

async function insert(run: Pooled["run"], { name, title }: NewRoom, maker: string | null): Promise<Room> {
  const [row] = await run<RoomRow>(
    `INSERT INTO rooms (name, title, created_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [name, title, maker],
  );
  if (!row) throw roomTaken(name);
  return toRoom(row);
}

function toRoom([name, title, closed, slowS]: RoomRow): Room {
  return { name, title, closed, slowS };
}
