/** What people and programs type to break out of a page, and a chat that is full of it. */
import type { Standalone } from "./standalone.js";

/** Where one of them works, `ran()` is called, or something under /ran is asked for. */
export const HOSTILE: readonly string[] = [
  '<script src="/ran"></script><script>ran()</script>',
  '"><img src=/ran onerror=ran()>',
  "'><img src=/ran onerror=ran()>",
  '" autofocus onfocus="ran()" x="',
  "' onmouseover='ran()' x='",
  "` onmouseover=`ran()",
  " onmouseover=ran() style=position:fixed;inset:0 ",
  "</span></li></ul></textarea></title></style></script><svg onload=ran()>",
  "<svg><animate onbegin=ran() attributeName=x dur=1s>",
  '<svg><a href="javascript:ran()"><text>click</text></a></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=/ran onerror=ran()&gt;">',
  '<noscript><p title="</noscript><img src=/ran onerror=ran()>">',
  "<!--><img src=/ran onerror=ran()>--!><img src=/ran onerror=ran()>",
  "]]><img src=/ran onerror=ran()><![CDATA[",
  '<iframe srcdoc="<script>parent.ran()</script>"></iframe><base href="//ran.example/">',
  '<meta http-equiv="refresh" content="0;url=javascript:ran()"><link rel=stylesheet href=/ran>',
  '<form action="javascript:ran()"><input name=token><button formaction=/ran>x</button></form>',
  "javascript:ran() JaVaScRiPt:ran() java\tscript:ran() \u0001javascript:ran()",
  "data:text/html,<script>ran()</script> vbscript:ran() //ran.example/ https://ran.example/<b>",
  "&#106;avascript&colon;ran() &lt;img src=/ran onerror=ran()&gt; &#x3c;b&#62; &quot;&amp;amp;",
  "<%= ran() %><%~ ran() %>{{ran()}}$#{ran()}<!--cut-->",
  "\u2028<img src=/ran onerror=ran()>\u2029</script>\u2028ran()",
  "\u202e<gmi src=/ran\u2066 onerror=ran()>\u202c \u200b<\u200bb>",
  "\0<\0img src=/ran onerror=ran()>\0",
  'a\ndata: {"text":"forged"}\n\nevent: reset\r\ndata: x\rid: 999999-zzzz\n\n<b>',
  '"},"text":"forged","x":{"\\u003cb\\u003e":"</script><img src=/ran onerror=ran()>',
  "\u{1f600}\ufeff\uff1cscript\uff1eran()\uff1c/script\uff1e \u00bcscript\u00beran()",
  `${"<b>".repeat(300)}${"x".repeat(3000)}`,
];

/** Of the same number, and with nothing to them. */
export const HARMLESS: readonly string[] = HOSTILE.map((_, n) => `harmless ${n}`);

/**
 * Fills a chat by another program's hand: in the room `full` a row for each with the words in every column that takes
 * them, and a room for each whose title they are.
 */
export function fill({ db }: Standalone, words: readonly string[]): void {
  addRows({ db }, words);
  const room = db.prepare("INSERT INTO rooms (name, title) VALUES (?, ?)");
  room.run("full", words.join(" "));
  words.forEach((title, n) => {
    room.run(`room-${n}`, title);
  });
}

export function addRows({ db }: Pick<Standalone, "db">, words: readonly string[]): void {
  const row = db.prepare(
    "INSERT INTO messages (room, author_name, text, author_id, kind, nonce, data) VALUES ('full', ?, ?, ?, ?, ?, ?)",
  );
  // The kind that is shown like a person's, and the words as one: neither is known to be either.
  words.forEach((word, n) => {
    row.run(word, word, word, n % 2 ? "message" : word, word, JSON.stringify({ [word]: word }));
  });
}
