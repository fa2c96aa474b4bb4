/** Listens to an event, in Internet Explorer 8, too. */
export function on(
  target: Window | Document | HTMLElement,
  name: string,
  listener: (event: Event) => void
): void {
  var old = target as unknown as {
    addEventListener?: Window["addEventListener"];
    attachEvent?(name: string, listener: (event: Event) => void): void;
  };
  if (old.addEventListener) old.addEventListener(name, listener, false);
  else if (old.attachEvent) old.attachEvent("on" + name, listener);
}
