/** Where a request says that it comes from, to a chat that trusts one proxy. */
export function from(address: string): { readonly "X-Forwarded-For": string } {
  return { "X-Forwarded-For": address };
}
