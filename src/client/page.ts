// Makes a room's page live: shows new messages on top as they come, and sends without reloading. Where something
// that it needs is missing it does nothing, and the plain page keeps working.
// Old style on purpose (var, XMLHttpRequest, index loops): it runs as written, in old browsers too.

(function () {
  type Message = {
    id: number;
    kind: string;
    from?: { name: string };
    text: string;
    at: string;
    nonce?: string;
    ref?: number;
  };
  type Batch = { messages?: Message[]; next?: string; retry?: number; reset?: object };
  /** What any address may answer: a batch, a stored message, a problem. Read with suspicion: it may be a proxy's. */
  type Answer = Batch & { id?: number; code?: string; detail?: string };
  type Done = (status: number, answer: Answer) => void;

  var WAIT_S = 25;
  var GRACE_MS = 10000; // an answer later than its wait and this is not coming: some networks drop without a word
  var SEND_MS = 20000;
  var SEND_TRIES = 6;
  var SHOWN_MAX = 1000;

  var messages = document.getElementById("messages");
  if (messages && "XMLHttpRequest" in window && "JSON" in window && "addEventListener" in window)
    start(messages);

  function start(list: HTMLElement) {
    var times = list.querySelectorAll(".when");
    for (var i = 0; i < times.length; i++) localise(times[i] as HTMLElement);
    // A page of older messages is not live; its form posts as a page, and so leads back to the newest.
    if (data("page-latest") !== "1") return;

    var base = data("base");
    var client = random();
    var cursor = data("cursor");
    var newest = parseInt(cursor, 10) || 0;
    var sent: { [nonce: string]: boolean } = {};
    var polls = 0;
    var failures = 0;
    var pollTimer = 0;
    var cancelPoll = function () {};
    var wakeSend = function () {};

    // The one message partial, rendered empty: it is in an attribute, so that no browser shows it.
    var maker = document.createElement("ul");
    maker.innerHTML = data("prototype");
    byId("log").setAttribute("role", "log");
    byId("log").setAttribute("aria-live", "polite");
    if (byId("send")) wakeSend = sendFrom(byId("send") as HTMLFormElement);

    // After "load": before it, some browsers show the page as loading for as long as the poll is parked.
    if (document.readyState === "complete") poll();
    else window.addEventListener("load", wake);
    window.addEventListener("online", wake);
    window.addEventListener("pageshow", function (event) {
      if (event.persisted) wake();
    });
    document.addEventListener("visibilitychange", function () {
      if (!document.hidden) wake();
    });

    function data(name: string) {
      return list.getAttribute("data-" + name) || "";
    }

    /** Things may be better than they were: do not wait for a dead connection or a long pause to end. */
    function wake() {
      poll();
      wakeSend();
    }

    function poll() {
      window.clearTimeout(pollTimer);
      cancelPoll();
      polls += 1;
      var began = Number(new Date());
      // After a failure it asks for an answer at once: a parked poll would not tell that the server is back.
      var waitS = failures > 0 ? 0 : WAIT_S;
      // The client's key and the count make every address unique: no proxy can join two polls, or keep one.
      var where = "since=" + encode(cursor) + "&room=" + encode(data("room")) + "&wait=" + waitS;
      var address = base + "/poll?" + where + "&client=" + client + "&_=" + polls;
      cancelPoll = request(address, waitS * 1000 + GRACE_MS, null, "", function (status, answer) {
        var batch = answer.messages;
        if (status !== 200 || !batch || typeof answer.next !== "string") {
          failures += 1;
          say("reconnecting");
          pollTimer = window.setTimeout(poll, pause(failures));
          return;
        }
        if (failures > 0) wakeSend(); // what could not be sent need not sit out its pause
        failures = 0;
        say("connected");
        cursor = answer.next;
        // An empty answer that did not wait must not make a busy loop, whoever sent it.
        var hasty = waitS > 0 && batch.length === 0 && Number(new Date()) - began < 1000;
        pollTimer = window.setTimeout(poll, answer.retry || (hasty ? 1000 : 0));
        if (answer.reset) {
          newest = 0;
          list.innerHTML = "";
        }
        for (var i = 0; i < batch.length; i++) show(batch[i] as Message);
      });
    }

    function show(message: Message) {
      if (!(message.id > newest)) return;
      newest = message.id;
      if (message.kind === "delete" && message.ref) return remove(byId("m" + message.ref));
      var item = (maker.children[0] as HTMLElement).cloneNode(true) as HTMLElement;
      var name = (message.from && message.from.name) || "";
      item.id = "m" + message.id;
      item.className = "message fresh";
      if ((message.nonce && sent[message.nonce]) || (name && name === data("me"))) item.className += " mine";
      if (message.kind !== "message" && /^[a-z-]+$/.test(message.kind))
        item.className += " kind-" + message.kind;
      part(item, "when").title = message.at;
      localise(part(item, "when"));
      part(item, "who").textContent = name;
      part(item, "text").textContent = message.text;
      if (message.kind === "message" && !message.text) remove(item);
      list.insertBefore(item, list.firstChild);
      while (list.children.length > SHOWN_MAX && list.lastChild) list.removeChild(list.lastChild);
      byId("empty").textContent = "";
    }

    /** Takes over the form. Returns what to call when the network may be back. */
    function sendFrom(form: HTMLFormElement) {
      var text = form.elements.namedItem("text") as HTMLInputElement;
      var nonce = form.elements.namedItem("nonce") as HTMLInputElement;
      var token = form.elements.namedItem("token") as HTMLInputElement;
      var name = form.elements.namedItem("name") as HTMLInputElement | null;
      var tried = ""; // what the nonce stands for, once it has been tried
      var tries = 0;
      var busy = false;
      var queued = false;
      var timer = 0;

      form.addEventListener("submit", function (event) {
        event.preventDefault();
        tries = 0;
        if (busy) queued = true;
        else send();
      });
      return retry;

      function content() {
        return "text=" + encode(text.value) + (name ? "&name=" + encode(name.value) : "");
      }

      function renew() {
        nonce.value = random();
        tried = "";
      }

      function retry() {
        if (!timer) return;
        if (tried === content()) return send();
        timer = 0;
        tell("Not sent", "The text was changed before it could be sent. Send it as it is now.");
      }

      function send() {
        var body = text.value;
        window.clearTimeout(timer);
        timer = 0;
        queued = false;
        if (!/\S/.test(body)) return text.focus();
        // A nonce is for one content: the same again is known as a retry, other content would be refused.
        if (tried && tried !== content()) renew();
        tried = content();
        busy = true;
        sent[nonce.value] = true;
        var form = tried + "&room=" + encode(data("room")) + "&nonce=" + encode(nonce.value);
        request(base + "/send", SEND_MS, form, token.value, function (status, answer) {
          busy = false;
          if ((status === 200 || status === 201) && answer.id) {
            renew();
            say("connected");
            if (failures > 0) poll(); // nor need the poll: the server is back
            tell("", "");
            // What was typed on meanwhile stays, and so does a text that has replaced the one sent.
            if (text.value.indexOf(body) === 0) text.value = text.value.slice(body.length);
            if (queued) send();
          } else if ((status >= 500 || !answer.code) && ++tries < SEND_TRIES) {
            say("reconnecting");
            timer = window.setTimeout(retry, pause(tries));
          } else {
            if (answer.code === "nonce_reused") renew();
            say(failures ? "reconnecting" : "connected");
            tell("Not sent", answer.detail || "The server is away. Your text is kept: send it again.");
            (name && /name/.test(answer.code || "") ? name : text).focus();
          }
        });
      }
    }
  }

  function say(state: string) {
    var status = byId("status");
    if (status.className === "status " + state) return;
    status.className = "status " + state;
    status.textContent = state === "reconnecting" ? "reconnecting\u2026" : state;
  }

  function tell(title: string, detail: string) {
    byId("problem").textContent = "";
    if (!title) return;
    byId("problem").appendChild(document.createElement("b")).textContent = title + ".";
    byId("problem").appendChild(document.createTextNode(" " + detail));
  }

  function byId(id: string) {
    return document.getElementById(id) as HTMLElement;
  }

  function part(item: HTMLElement, name: string) {
    return item.querySelector("." + name) as HTMLElement;
  }

  function remove(item: HTMLElement | null) {
    if (!item) return;
    item.className += " removed";
    part(item, "text").textContent = "(removed)";
  }

  /** The server writes times in UTC; who reads them has a clock of their own. */
  function localise(when: HTMLElement) {
    var at = new Date(when.title);
    if (isNaN(Number(at))) return;
    var time = local(at);
    when.textContent = time.slice(0, 10) === local(new Date()).slice(0, 10) ? time.slice(11) : time;
  }

  function local(at: Date) {
    return new Date(Number(at) - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16).replace("T", " ");
  }

  /** Full jitter, so that a server that is back is not met by everybody at once. */
  function pause(failures: number) {
    return 100 + Math.random() * Math.min(30000, 500 * Math.pow(2, failures));
  }

  /** One request with a deadline of its own: a POST when there is a form. Returns how to cancel it silently. */
  function request(address: string, deadlineMs: number, form: string | null, token: string, done: Done) {
    var xhr = new XMLHttpRequest();
    var over = false;
    var deadline = window.setTimeout(end, deadlineMs);
    xhr.open(form === null ? "GET" : "POST", address, true);
    xhr.setRequestHeader("Accept", "application/json");
    if (form !== null) xhr.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    if (token) xhr.setRequestHeader("X-Parkbench-Token", token);
    xhr.onreadystatechange = function () {
      if (xhr.readyState === 4) end();
    };
    xhr.send(form);
    return cancel;

    function end() {
      if (over) return;
      var status = 0;
      var answer = null;
      try {
        status = xhr.status;
        answer = JSON.parse(xhr.responseText);
      } catch (_unreadable) {} // a proxy's page, or half an answer: as good as none
      cancel();
      done(status, answer && typeof answer === "object" ? answer : {});
    }

    function cancel() {
      if (over) return;
      over = true;
      window.clearTimeout(deadline);
      xhr.abort();
    }
  }

  /** Half a surrogate pair cannot be encoded, and a text must not be stuck for it. */
  function encode(text: string) {
    try {
      return encodeURIComponent(text);
    } catch (_malformed) {
      return encodeURIComponent(text.replace(/[\uD800-\uDFFF]/g, "\uFFFD"));
    }
  }

  /** 96 random bits: unique, not secret, so that old browsers may do with Math.random. */
  function random() {
    var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    var strong = window.crypto && typeof crypto.getRandomValues === "function";
    var bytes = strong ? crypto.getRandomValues(new Uint8Array(16)) : null;
    var key = "";
    for (var i = 0; i < 16; i++)
      key += alphabet.charAt((bytes ? Number(bytes[i]) : Math.random() * 256) & 63);
    return key;
  }
})();
