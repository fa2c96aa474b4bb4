/** A command that was not given as it must be: what is wrong, and how it goes. */

export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(wrong: string, command?: { readonly usage: string }) {
    super(command ? `${wrong}\nUsage: npm run admin -- ${command.usage}` : wrong);
  }
}
