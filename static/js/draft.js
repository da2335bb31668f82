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

  entries() {
    const skipped = ["csrfmiddlewaretoken", "seq"];
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && !skipped.includes(name));
  }

  changed() {
    const copy = JSON.stringify(this.entries());
    if (copy === this.copy) return;
    this.copy = copy;
    this.seq += 1;
    if (this.seqField) this.seqField.value = this.seq;
    store.write(this.key, { seq: this.seq, entries: this.entries() });
    this.wait = PAUSE;
    this.later();
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
    if (this.sending && !closing) return;
    const seq = this.seq;
    const body = new FormData();
    for (const [name, value] of this.entries()) body.append(name, value);
    body.append("seq", seq);
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
      this.answered(answer, seq);
      // Read to its end: otherwise the browser keeps the connection waiting.
      await answer.text();
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

  answered(answer, seq) {
    if (answer.ok) {
      this.acknowledged = Math.max(this.acknowledged, seq);
      this.wait = PAUSE;
      if (!this.pending()) store.remove(this.key);
      // Reloaded, or come back to, the page is that of the draft and no empty one.
      if (this.form.hasAttribute("data-draft-address") && !this.leaving) history.replaceState(history.state, "", this.url);
      this.say("saved");
    } else if (answer.status === 401 || answer.type === "opaqueredirect") {
      this.say("signed-out");
    } else {
      this.fail("waiting");
    }
  }

  fail(state) {
    this.say(state);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    this.later();
  }

  leave() {
    this.leaving = true;
    clearTimeout(this.timer);
    store.write(this.key, { seq: this.seq, entries: this.entries(), sent: true });
    setTimeout(() => (this.leaving = false), 15000);
  }

  restore() {
    const copy = store.read(this.key);
    // A form that comes back with its errors already carries what was typed.
    const answered = this.form.hasAttribute("data-draft-bound") || this.form.querySelector("[aria-invalid=true]");
    if (copy && !answered && copy.seq > this.seq) {
      this.fill(copy.entries);
      this.seq = copy.seq;
      if (this.seqField) this.seqField.value = this.seq;
      this.copy = JSON.stringify(this.entries());
      this.say("restored");
      this.later();
      return;
    }
    store.remove(this.key);
    this.copy = JSON.stringify(this.entries());
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
    if (!this.status) return;
    const words = this.status.dataset;
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    const text = { saving: words.saving, saved: words.saved, offline: words.offline, waiting: words.waiting, restored: words.restored, "signed-out": words.signedOut }[state];
    this.status.textContent = (text ?? "").replace("{time}", time);
    this.status.dataset.state = state === "signed-out" ? "offline" : state === "saving" ? "waiting" : state;
    if (state !== "signed-out") return;
    const link = document.createElement("a");
    Object.assign(link, { href: words.login, target: "_blank", rel: "opener", textContent: words.signIn });
    this.status.append(" ", link);
  }
}

const forms = [...document.querySelectorAll("form[data-draft-url]")].map((form) => new Draft(form));

// A sent form that led to another page has arrived; only the sign-in page proves nothing.
if (location.pathname !== document.getElementById("failures")?.dataset.login)
  for (const key of store.keys())
    if (!forms.some((draft) => draft.key === key) && store.read(key)?.sent) store.remove(key);
