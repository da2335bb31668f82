// Single-key shortcuts, never while typing, and off for whoever does not want them.
const HELP = "shortcuts";
const wanted = document.querySelector("[data-keys-on]");

function stored() {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
}

if (wanted) {
  wanted.checked = stored();
  wanted.addEventListener("change", () => {
    try {
      localStorage.setItem("keys", wanted.checked ? "on" : "off");
    } catch {
      // Lasts as long as the page.
    }
  });
}

// The search of the header keeps its place, unseen, where the page has one of its own.
const visible = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? element.offsetParent !== null;

function move(step) {
  const items = [...document.querySelectorAll("[data-key-item]")].filter(visible);
  if (!items.length) return;
  const here = items.findIndex((item) => item.contains(document.activeElement) || item.matches("[aria-current=true]"));
  const item = items[Math.min(items.length - 1, Math.max(0, here < 0 ? 0 : here + step))];
  (item.matches("a, button") ? item : item.querySelector("a, button")).focus();
  item.scrollIntoView({ block: "nearest" });
}

function press(key) {
  if (key === "?") document.getElementById(HELP)?.showModal();
  else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else {
    const target = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && visible(one));
    if (!target) return false;
    if (target.matches("input, textarea, select")) target.focus();
    else target.click();
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]") || !(wanted?.checked ?? stored())) return;
  if (press(event.key)) event.preventDefault();
});
