// Small comforts on top of pages that work without them.
const root = document.documentElement;
const closest = (event, selector) => event.target.closest?.(selector);

// --- Theme -----------------------------------------------------------------------------------
function markTheme() {
  for (const button of document.querySelectorAll("[data-theme-choice]"))
    button.setAttribute("aria-pressed", button.dataset.themeChoice === (root.dataset.theme ?? "auto"));
}

function chooseTheme(choice) {
  if (choice === "auto") delete root.dataset.theme;
  else root.dataset.theme = choice;
  try {
    localStorage.setItem("theme", choice);
  } catch {
    // The choice then lasts as long as the page.
  }
  markTheme();
}

// --- Toasts ------------------------------------------------------------------------------------
// Good news leaves by itself, unless somebody is reading it; anything else waits to be dismissed.
function watchToast(toast) {
  if (!toast.matches(".toast--success, .toast--info")) return;
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 3000) : toast.remove());
  setTimeout(leave, 10000);
}

// --- Clicks --------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const opener = closest(event, "[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
  if (closest(event, "[data-close-dialog]")) event.target.closest("dialog")?.close();
  if (event.target.matches?.("dialog[open]")) event.target.close();
  closest(event, "[data-dismiss]")?.closest("[data-toast]")?.remove();
  const choice = closest(event, "[data-theme-choice]");
  if (choice) chooseTheme(choice.dataset.themeChoice);
  const copy = closest(event, "[data-copy]");
  if (copy) copyLink(copy);
  const clear = closest(event, "[data-file-clear]");
  if (clear) clearFile(clear.closest("[data-file]"));
  for (const menu of document.querySelectorAll("details[data-menu][open]"))
    if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = closest(event, "details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

async function copyLink(button) {
  const text = button.dataset.copy || location.href;
  if (navigator.share && matchMedia("(pointer: coarse)").matches) {
    await navigator.share({ url: text, title: document.title }).catch(() => {});
    return;
  }
  // The clipboard is there over https only; elsewhere the address is marked, to be copied by hand.
  const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  if (!copied) {
    document.getElementById(button.dataset.copyFrom)?.select();
    return;
  }
  const words = button.querySelector("[data-copy-words]") ?? button;
  words.textContent = button.dataset.copied;
}

// --- Counters: they warn, they never cut what is pasted ---------------------------------------------
function count(counter, input) {
  const left = Number(counter.dataset.limit) - [...input.value].length;
  const words = left < 0 ? counter.dataset.overText : counter.dataset.left;
  counter.textContent = words.replace("{n}", Math.abs(left).toLocaleString(root.lang));
  counter.toggleAttribute("data-over", left < 0);
  counter.setAttribute("aria-live", left <= 20 ? "polite" : "off");
}

function watchCounter(counter) {
  const input = document.getElementById(counter.dataset.counterFor);
  if (!input || counter.dataset.watched) return;
  counter.dataset.watched = "1";
  input.removeAttribute("maxlength");
  input.addEventListener("input", () => count(counter, input));
  count(counter, input);
}

// --- Photos: made lighter before they travel, shown before they are sent ---------------------------------
const HEAVY = 1_500_000;
const LONGEST = 2000;

async function lighten(file) {
  if (file.size < HEAVY || !/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  if (!blob || blob.size >= file.size) return file;
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
}

function nameFile(words, file) {
  words.dataset.empty ??= words.textContent;
  words.textContent = file?.name ?? words.dataset.empty;
  words.toggleAttribute("data-chosen", Boolean(file));
}

async function previewFile(box, input) {
  const preview = box.querySelector("[data-file-preview]");
  const image = preview.querySelector("img");
  URL.revokeObjectURL(image.src);
  let [file] = input.files;
  if (file) {
    const chosen = file;
    file = await lighten(file).catch(() => chosen);
    if (input.files[0] !== chosen) return;
    if (file !== chosen) {
      const transfer = new DataTransfer();
      transfer.items.add(file);
      input.files = transfer.files;
    }
  }
  nameFile(box.querySelector("[data-file-name]"), file);
  preview.hidden = !file?.type.startsWith("image/");
  if (!preview.hidden) image.src = URL.createObjectURL(file);
}

function clearFile(box) {
  const input = box.querySelector("input[type=file]");
  input.value = "";
  previewFile(box, input);
  input.focus();
}

document.addEventListener("change", (event) => {
  const box = closest(event, "[data-file]");
  if (box && event.target.type === "file") previewFile(box, event.target);
});

// --- Forms: a question before what counts, and one submission per submission ----------------------------
let agreed = null;

function ask(question, form, submitter) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("[data-confirm-text]").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    agreed = form;
    form.requestSubmit(submitter);
  }, { once: true });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && agreed !== form) {
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(question, form, event.submitter);
  }
  agreed = null;
}, true);

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method === "dialog" || form.target === "_blank") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  form.dataset.sent = "1";
  submitter?.setAttribute("aria-busy", "true");
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy=true]:not([data-sample])"))
    button.removeAttribute("aria-busy");
});

// --- Waiting for htmx ----------------------------------------------------------------------------------------
let waiting = 0;
const loading = document.getElementById("loading");

document.addEventListener("htmx:beforeRequest", () => {
  waiting += 1;
  loading?.classList.add("htmx-request");
});

document.addEventListener("htmx:afterRequest", () => {
  waiting = Math.max(0, waiting - 1);
  if (!waiting) loading?.classList.remove("htmx-request");
});

// --- The focus stays on a button that its own answer replaces ----------------------------------------------------
let pressed = "";

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt.closest("form");
  pressed = form?.contains(document.activeElement) ? form.getAttribute("action") : "";
});

function keepFocus(scope) {
  if (!pressed || document.activeElement !== document.body) return;
  const form = [scope, ...scope.querySelectorAll("form")].find((one) => one.getAttribute?.("action") === pressed);
  form?.querySelector("button")?.focus({ preventScroll: true });
}

// --- What arrives, with the page or later -----------------------------------------------------------------------
function enhance(scope) {
  for (const counter of scope.querySelectorAll("[data-counter-for]")) watchCounter(counter);
}

const toasts = document.getElementById("toasts");
if (toasts) {
  for (const toast of toasts.children) watchToast(toast);
  new MutationObserver((changes) => {
    for (const change of changes)
      for (const node of change.addedNodes) if (node.matches?.("[data-toast]")) watchToast(node);
  }).observe(toasts, { childList: true });
}

document.addEventListener("htmx:load", (event) => {
  enhance(event.detail.elt);
  keepFocus(event.detail.elt);
});
enhance(document);
markTheme();
document.querySelector("[data-focus]")?.focus();
