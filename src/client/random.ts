/** 96 random bits as 16 characters: unique, not secret, so that old browsers may do with Math.random. */
export function random(): string {
  var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  var bytes =
    window.crypto && window.crypto.getRandomValues
      ? window.crypto.getRandomValues(new window.Uint8Array(16))
      : null;
  var key = "";
  for (var i = 0; i < 16; i++) key += alphabet.charAt((bytes ? Number(bytes[i]) : Math.random() * 256) & 63);
  return key;
}
