// The token: from the address that the studio printed, kept for this tab alone.

import { actionButton, el, fill } from "./element.js";

const TOKEN_KEY = "gansmith-studio-token";

// The token of this tab, or null. It is taken out of the address, so that no copied address holds it.
export function takeToken() {
  const [, given] = /^#token=([^&]+)/.exec(location.hash) || [];
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, decodeURIComponent(given));
    history.replaceState(null, "", `${location.pathname}#/`);
  }
  return sessionStorage.getItem(TOKEN_KEY);
}

export function forgetToken() {
  sessionStorage.removeItem(TOKEN_KEY);
}

// Asks for the token, where an address came without one or the studio was started anew.
export function askForToken(root, reason) {
  const field = el("input", { id: "token", autocomplete: "off", spellcheck: "false", class: "wide" });
  const enter = () => {
    const text = field.value.trim();
    if (!text) return;
    sessionStorage.setItem(TOKEN_KEY, text.split("token=").pop());
    location.reload();
  };
  field.addEventListener("keydown", (event) => event.key === "Enter" && enter());
  fill(
    root,
    el("h1", { tabindex: "-1" }, "Which studio is yours?"),
    el(
      "section",
      { class: "narrow" },
      el("p", {}, reason),
      el("p", { class: "soft" }, "The terminal shows an address that ends in “#token=…”. Open it, or paste it here."),
      el("label", { class: "stacked", for: "token" }, "Address or token", field),
      el("div", { class: "row" }, actionButton("Open", enter, { class: "main" })),
    ),
  );
  field.focus();
}
