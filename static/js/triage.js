// Opening a way to decide puts the cursor where one writes.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".decide__more[open]")) event.target.querySelector("textarea")?.focus();
}, true);

// So does taking over a prepared text.
document.addEventListener("htmx:afterSwap", (event) => {
  const form = event.target.closest?.(".decide__more")?.querySelector("form");
  form?.querySelector("textarea")?.focus();
});
