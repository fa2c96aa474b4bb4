/** One of several workers: what it hears from the primary, and says to it. */
import type { Worker } from "node:cluster";
import type { Figures } from "./metrics.js";

/** Others take what comes: so long a kept connection may bring one more request, which is answered and told to be the last. */
const LINGER_MS = 5000;

type Said =
  | { readonly parkbench: "figures"; readonly figures: unknown }
  | { readonly parkbench: "mistake"; readonly text: string };

export interface WorkerParts {
  /** Stops gracefully; idle connections are closed after so many ms. */
  readonly leave: (lingerMs: number) => void;
  readonly figures: Figures | null;
}

/** Until the process ends. */
export function hearPrimary(worker: Worker, { leave, figures }: WorkerParts): void {
  worker.on("message", (message: unknown) => {
    const { parkbench } = (message ?? {}) as { parkbench?: unknown };
    if (parkbench === "leave") leave(LINGER_MS);
    if (parkbench === "figures" && figures) void sendFigures(worker, figures);
  });
}

/** Resolves when the primary has them, or will never. */
export async function sendFigures(worker: Worker, { registry }: Figures): Promise<void> {
  const figures = await registry.getMetricsAsJSON();
  await say(worker, { parkbench: "figures", figures });
}

/** Why it cannot start, for the primary to say: one text, whichever and however many workers have found it. */
export async function sayMistake(worker: Worker, text: string): Promise<void> {
  await say(worker, { parkbench: "mistake", text });
}

function say(worker: Worker, message: Said): Promise<void> {
  return new Promise((done) => {
    if (worker.isConnected()) worker.send(message, () => done());
    else done();
  });
}
