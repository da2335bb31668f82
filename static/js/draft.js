// A form[data-draft-url] saves itself. Until the server says that it has it, this device keeps it.
const PAUSE = 800;
const LONGEST_WAIT = 60000;
const PREFIX = "draft:";

const store = {
  read(key) {
    try {
      return JSON.parse(sessionStorage.getItem(PREFIX + key));
    } catch {
      return null;
    }
  },
  write(key, copy) {
    try {
      sessionStorage.setItem(PREFIX + key, JSON.stringify(copy));
    } catch {
      // No storage on this device: the server's copy is then the only one.
    }
  },
  remove(key) {
    try {
      sessionStorage.removeItem(PREFIX + key);
    } catch {
      // Nothing was stored.
    }
  },
  keys() {
    try {
      return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
    } catch {
      return [];
    }
  },
};

class Draft {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.draftUrl;
    this.key = form.dataset.draftKey ?? this.url;
    this.status = form.querySelector("[data-draft-status]") ?? document.querySelector("[data-draft-status]");
    this.seqField = form.elements.seq;
    this.seq = Number(this.seqField?.value ?? 0) || 0;
    this.acknowledged = this.seq;
    // Sent without an answer: the server may have them.
    this.unanswered = [];
    // The number of what was typed elsewhere, until one of the two is chosen.
    this.elsewhere = null;
    this.wait = PAUSE;
    this.restore();
    form.addEventListener("input", (event) => event.target.type === "file" || this.changed());
    form.addEventListener("change", (event) => event.target.type === "file" || this.changed());
    form.addEventListener("submit", () => this.leave());
    window.addEventListener("online", () => this.again());
    window.addEventListener("offline", () => this.pending() && this.say("offline"));
    window.addEventListener("pagehide", () => this.pending() && !this.leaving && this.send(true));
    document.addEventListener("visibilitychange", () => document.hidden || this.again());
  }

  pending() {
    return this.seq > this.acknowledged;
  }

  // What a save of this page may follow; any other number was saved by another page.
  known() {
    return [this.acknowledged, ...this.unanswered];
  }

  entries() {
    const skipped = ["csrfmiddlewaretoken", "seq"];
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && !skipped.includes(name));
  }

  changed() {
    const copy = JSON.stringify(this.entries());
    if (copy === this.copy) return;
    this.copy = copy;
    this.number(this.seq + 1);
    this.keep();
    this.wait = PAUSE;
    this.later();
  }

  number(seq) {
    this.seq = seq;
    if (this.seqField) this.seqField.value = seq;
  }

  keep(more = {}) {
    store.write(this.key, { seq: this.seq, after: this.known(), entries: this.entries(), ...more });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), this.wait);
  }

  again() {
    if (!this.pending() || this.leaving) return;
    this.wait = PAUSE;
    this.send();
  }

  async send(closing = false) {
    clearTimeout(this.timer);
    if (this.elsewhere !== null || (this.sending && !closing)) return;
    const seq = this.seq;
    const body = new FormData();
    for (const [name, value] of this.entries()) body.append(name, value);
    body.append("seq", seq);
    for (const number of this.known()) body.append("after", number);
    this.unanswered.push(seq);
    this.sending = true;
    this.say("saving");
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        body,
        redirect: "manual",
        keepalive: closing,
        headers: { "x-csrftoken": this.token(), "x-requested-with": "fetch" },
      });
      // Read to its end: otherwise the browser keeps the connection waiting.
      this.answered(answer, seq, await answer.text());
    } catch {
      this.fail(navigator.onLine ? "waiting" : "offline");
    } finally {
      this.sending = false;
    }
    if (this.pending() && seq !== this.seq) this.later();
  }

  token() {
    const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrf(?:token)?=([^;]+)/)?.[1];
    return cookie ?? this.form.elements.csrfmiddlewaretoken?.value ?? "";
  }

  answered(answer, seq, said) {
    if (answer.ok) {
      this.acknowledged = Math.max(this.acknowledged, seq);
      this.unanswered = this.unanswered.filter((number) => number > this.acknowledged);
      this.wait = PAUSE;
      if (!this.pending()) store.remove(this.key);
      // Reloaded, or come back to, the page is that of the draft and no empty one.
      if (this.form.hasAttribute("data-draft-address") && !this.leaving) history.replaceState(history.state, "", this.url);
      this.say("saved");
    } else if (answer.status === 401 || answer.type === "opaqueredirect") {
      this.say("signed-out");
    } else if (answer.status === 409) {
      const { seq: there } = JSON.parse(said);
      if (there > this.acknowledged) this.differ(there);
      // A later save of this page was faster.
      else if (!this.pending()) this.say("saved");
    } else if (answer.status === 410) {
      this.say("waiting");
    } else {
      this.fail("waiting");
    }
  }

  fail(state) {
    this.say(state);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    this.later();
  }

  // Two pages hold two texts: neither is saved over the other unasked.
  differ(there) {
    clearTimeout(this.timer);
    this.elsewhere = there;
    this.say("elsewhere");
  }

  keepMine() {
    this.acknowledged = this.elsewhere;
    this.unanswered = [];
    this.number(Math.max(this.seq, this.elsewhere) + 1);
    this.elsewhere = null;
    this.keep();
    this.send();
  }

  showOther() {
    this.leaving = true;
    store.remove(this.key);
    location.assign(this.url);
  }

  leave() {
    this.leaving = true;
    clearTimeout(this.timer);
    this.keep({ sent: true });
    setTimeout(() => (this.leaving = false), 15000);
  }

  restore() {
    const copy = store.read(this.key);
    // A form that comes back with its errors already carries what was typed.
    const answered = this.form.hasAttribute("data-draft-bound") || this.form.querySelector("[aria-invalid=true]");
    this.copy = JSON.stringify(this.entries());
    if (!copy || answered || JSON.stringify(copy.entries) === this.copy) return store.remove(this.key);
    this.fill(copy.entries);
    this.number(Math.max(copy.seq, this.seq + 1));
    this.copy = JSON.stringify(this.entries());
    if (!copy.after?.includes(this.acknowledged)) return this.differ(this.acknowledged);
    this.say("restored");
    this.later();
  }

  fill(entries) {
    for (const field of this.form.elements) {
      if (!field.name || ["csrfmiddlewaretoken", "seq"].includes(field.name)) continue;
      if (["file", "submit", "button", "fieldset"].includes(field.type)) continue;
      const values = entries.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (field.type === "select-multiple")
        for (const option of field.options) option.selected = values.includes(option.value);
      else if (values.length) field.value = values[0];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  say(state) {
    if (!this.status || (this.elsewhere !== null && state !== "elsewhere")) return;
    const words = this.status.dataset;
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    const text = { saving: words.saving, saved: words.saved, offline: words.offline, waiting: words.waiting, restored: words.restored, "signed-out": words.signedOut, elsewhere: words.elsewhere }[state];
    this.status.textContent = (text ?? "").replace("{time}", time);
    this.status.dataset.state = { "signed-out": "offline", elsewhere: "offline", saving: "waiting" }[state] ?? state;
    if (state === "signed-out") this.offer("a", words.signIn, { href: words.login, target: "_blank", rel: "opener" });
    if (state !== "elsewhere") return;
    const plain = { type: "button", className: "button button--s" };
    this.offer("button", words.other, { ...plain, onclick: () => this.showOther() });
    this.offer("button", words.mine, { ...plain, onclick: () => this.keepMine() });
  }

  offer(kind, textContent, how) {
    this.status.append(" ", Object.assign(document.createElement(kind), { textContent, ...how }));
  }
}

const forms = [...document.querySelectorAll("form[data-draft-url]")].map((form) => new Draft(form));

// A sent form that led to another page has arrived; only the sign-in page proves nothing.
if (location.pathname !== document.getElementById("failures")?.dataset.login)
  for (const key of store.keys())
    if (!forms.some((draft) => draft.key === key) && store.read(key)?.sent) store.remove(key);
