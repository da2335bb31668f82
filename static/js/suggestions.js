// Arrow keys in the suggestions under a search box; without this, they are links in tab order.
for (const box of document.querySelectorAll("[data-suggesting]")) {
  const input = box.querySelector("input");
  const list = box.querySelector("ul");
  const stops = () => [input, ...list.querySelectorAll("a")];

  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list.childElementCount) {
      event.preventDefault();
      list.replaceChildren();
      input.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = stops();
    if (!step || all.length < 2) return;
    event.preventDefault();
    const here = all.indexOf(document.activeElement);
    all[(here + step + all.length) % all.length].focus();
  });

  input.form?.addEventListener("submit", () => list.replaceChildren());
  input.addEventListener("change", () => list.matches(":hover, :focus-within") || list.replaceChildren());
}
