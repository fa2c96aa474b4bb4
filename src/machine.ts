/** What the processes of one machine, or of one database, count together. */
import { InsuredRates } from "./core/insured-rates.js";
import type { Logger } from "./core/logger.js";
import type { Rates } from "./core/rates.js";
import type { Store } from "./core/store.js";
import type { ParkedElsewhere } from "./http/parked-counts.js";
import { MemoryRates } from "./http/rates.js";

/** Empty: this process is alone on its machine. */
export interface Machine {
  readonly rates?: Rates;
  readonly parked?: ParkedElsewhere;
}

/** Those of all servers of the database, else of all processes of the machine, else of this one. */
export function ratesOf(store: Store, machine: Machine, logger: Logger): Rates {
  const shared = store.rates ?? machine.rates;
  const own = new MemoryRates();
  return shared ? new InsuredRates(shared, own, logger) : own;
}
