/** A command that was not given as it must be: what is wrong, and how it goes. */
import { UsageError } from "../command.js";

export class CommandError extends UsageError {
  override readonly name = "CommandError";

  constructor(wrong: string, command: { readonly usage: string }) {
    super(`${wrong}\nUsage: npm run admin -- ${command.usage}`);
  }
}
