/** A browser's window for the built client: its own clock, and requests that wait for the test to answer them. */
import { createContext, runInContext } from "node:vm";
import { FakeClock } from "./client-clock.js";
import { fakeEventSource, fakeSocket, fakeXhr, type Wire } from "./client-wire.js";

export interface Row {
  readonly id: number;
  readonly room?: string;
  readonly text?: string;
}

export interface WindowOptions {
  /** Names of globals that this browser does not have. */
  readonly without?: readonly string[];
  /** What an earlier page of the same browser has left. */
  readonly local?: Map<string, string>;
  readonly session?: Map<string, string>;
  /** The windows of this browser: each hears what another one stores. The window adds itself. */
  readonly tabs?: FakeWindow[];
  /** Who holds the browser's one Web Lock; without it there are no locks. */
  readonly locks?: (() => void)[];
  /** What is run when the page loads the tabs' script. */
  readonly tabsCode?: string;
}

export interface FakeWindow {
  readonly clock: FakeClock;
  /** Every request, socket and stream that was ever begun, in order. */
  readonly wires: Wire[];
  readonly local: Map<string, string>;
  readonly session: Map<string, string>;
  /** Runs a script of the page. */
  run(code: string): unknown;
  fire(name: string, event?: object): void;
  /** What is under way, by the beginning of its path. */
  open(path: string): Wire;
  count(path: string): number;
}

export function fakeWindow(client: string, options: WindowOptions = {}): FakeWindow {
  const { without = [], local = new Map(), session = new Map(), tabs = [], locks, tabsCode = "" } = options;
  const clock = new FakeClock();
  const wires: Wire[] = [];
  const listeners = new Map<string, ((event: object) => void)[]>();
  const listen = (name: string, listener: (event: object) => void) =>
    listeners.set(name, [...(listeners.get(name) ?? []), listener]);
  const globals: Record<string, unknown> = {
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    Date: clock.Date,
    crypto: { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) },
    location: { protocol: "https:", host: "chat.example" },
    localStorage: storage(local, (key, newValue) => {
      for (const tab of tabs) if (tab.local === local && tab !== self) tab.fire("storage", { key, newValue });
    }),
    navigator: { locks: locks && { request: requestOf(locks, clock) } },
    sessionStorage: storage(session),
    XMLHttpRequest: fakeXhr(wires, clock),
    EventSource: fakeEventSource(wires, clock),
    WebSocket: fakeSocket(wires, clock),
    addEventListener: listen,
    document: {
      readyState: "complete",
      hidden: false,
      addEventListener: listen,
      createElement: () => ({}),
      getElementsByTagName: () => [
        { appendChild: () => clock.setTimeout(() => runInContext(tabsCode, context), 5) },
      ],
    },
    log: [],
  };
  const context = createContext(globals);
  globals.window = context;
  for (const name of without) runInContext(`delete globalThis.${name}`, context);
  // Pauses are random; with this they are half of what they may be.
  runInContext("Math.random = function () { return 0.5 }", context);
  runInContext(client, context);
  const open = (path: string) => wires.filter((wire) => wire.path.startsWith(path) && !wire.isOver);
  const self: FakeWindow = {
    clock,
    wires,
    local,
    session,
    run: (code) => runInContext(code, context),
    fire: (name, event = {}) => {
      for (const listener of listeners.get(name) ?? []) listener(event);
    },
    open(path) {
      const [wire, ...others] = open(path);
      if (wire && others.length === 0) return wire;
      throw new Error(`${others.length + (wire ? 1 : 0)} of ${path} are open: ${wires.map((w) => w.path)}`);
    },
    count: (path) => open(path).length,
  };
  tabs.push(self);
  return self;
}

/** Connects as a page would, and writes down everything that it hears. */
export function connect(window: FakeWindow, options: object = {}): void {
  window.run(`
    var chat = Parkbench.connect(${JSON.stringify({ since: "10-k7Qd", user: null, token: null, share: false, ...options })});
    chat.onopen = function (state) { log.push("open " + state.transport + " " + JSON.stringify(state.skipped)); };
    chat.onmessage = function (message) { log.push("message " + message.id); };
    chat.onclose = function (why) { log.push("close " + why); };
    chat.onerror = function (problem) { log.push("error " + problem.code); };
    chat.onreset = function (reason) { log.push("reset " + reason); };
  `);
  window.clock.advance(0);
}

/** What the page has heard since it was asked last. */
export function heard(window: FakeWindow): string[] {
  return JSON.parse(String(window.run("JSON.stringify(log.splice(0, log.length))")));
}

export function batch(rows: readonly (number | Row)[], next: number, more = {}): object {
  const messages = rows.map((row) => ({ room: "lobby", ...(typeof row === "number" ? { id: row } : row) }));
  return { messages, next: `${next}-k7Qd`, more: false, retry: 0, ...more };
}

/** The first to come holds the lock until it lets go; the next one in line has it then. */
function requestOf(line: (() => void)[], clock: FakeClock): unknown {
  return (_name: string, hold: () => PromiseLike<void> | undefined) => {
    const take = () => {
      const held = hold();
      const next = () => {
        line.shift();
        line[0]?.();
      };
      if (held) held.then(next);
      else next();
    };
    clock.setTimeout(() => {
      if (line.push(take) === 1) take();
    });
    return new Promise(() => {});
  };
}

function storage(map: Map<string, string>, tell: (key: string, value: string) => void = () => {}): object {
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => {
      map.set(key, String(value));
      tell(key, String(value));
    },
    removeItem: (key: string) => void map.delete(key),
    key: (index: number) => [...map.keys()][index] ?? null,
    get length() {
      return map.size;
    },
  };
}
