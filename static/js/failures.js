// When an answer does not come, or is not the one hoped for: say so, and lose nothing.
const box = document.getElementById("failures");
const toasts = document.getElementById("toasts");

function show(kind) {
  const template =
    box.querySelector(`[data-failure="${kind}"]`) ??
    box.querySelector(`[data-failure="${kind >= 500 ? 500 : 403}"]`);
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.dataset.kind = kind;
  toasts.querySelector(`[data-kind="${kind}"]`)?.remove();
  toasts.append(toast);
}

const isLogin = (address) => address && new URL(address, location).pathname === box.dataset.login;

document.addEventListener("htmx:sendError", () => show("network"));
document.addEventListener("htmx:timeout", () => show("network"));
document.addEventListener("htmx:responseError", (event) => show(event.detail.xhr.status));

// The session ended and the request was sent on to the sign-in page: keep what is on screen.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isLogin(event.detail.xhr.responseURL) || isLogin(location.href)) return;
  event.detail.shouldSwap = false;
  show("401");
});

// Signing in (in another tab) changes the token: the cookie knows the present one.
function token() {
  return document.cookie.match(/(?:^|; )(?:__Host-)?csrf(?:token)?=([^;]+)/)?.[1];
}

document.addEventListener("htmx:configRequest", (event) => {
  const present = token();
  if (present) event.detail.headers["x-csrftoken"] = present;
});

document.addEventListener("submit", (event) => {
  const field = event.target.elements?.csrfmiddlewaretoken;
  const present = token();
  if (field && present) field.value = present;
}, true);
