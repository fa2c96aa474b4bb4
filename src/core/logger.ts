/** What the library asks of a logger for diagnostics. pino fits; the default says nothing. */

export interface Logger {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export const silent: Logger = { info() {}, warn() {}, error() {} };
