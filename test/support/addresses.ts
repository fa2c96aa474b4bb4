/** Where a page leads to. */
import { elementsIn } from "./html.js";

/** Every address in it: links, forms, styles, scripts and the refresh. */
export function addressesIn(html: string): readonly string[] {
  const addresses = elementsIn(html).flatMap(({ attributes: { href, action, src } }) => [href, action, src]);
  return [...addresses, refreshIn(html)?.address].filter((address) => address !== undefined);
}

/** Where a waiting page goes next, and after how many seconds. */
export function refreshIn(html: string): { readonly s: number; readonly address: string } | null {
  const refresh = elementsIn(html).find(({ attributes }) => attributes["http-equiv"] === "refresh");
  const [, s = "", address = ""] = /^(\d+); url=(.*)$/.exec(refresh?.attributes.content ?? "") ?? [];
  return address ? { s: Number(s), address } : null;
}
