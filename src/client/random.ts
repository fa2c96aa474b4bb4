/** 100 random bits as 20 characters: unique, not secret, so that old browsers may do with Math.random. */
export function random(): string {
  var bytes =
    window.crypto && window.crypto.getRandomValues
      ? window.crypto.getRandomValues(new window.Uint8Array(20))
      : null;
  var key = "";
  for (var i = 0; i < 20; i++) key += ((bytes ? Number(bytes[i]) : Math.random() * 256) & 31).toString(32);
  return key;
}
