// The token: from the address that the studio printed, kept for this tab alone.

import { actionButton, el, fill } from "./element.js";
import { runPage } from "./words.js";

const TOKEN_KEY = "gansmith-studio-token";

// The token of this tab, or null. It is taken out of the address, so that no copied address holds it. The studio of a
// single run names it there too: "#token=T&open=NAME".
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.get("token")) {
    sessionStorage.setItem(TOKEN_KEY, given.get("token"));
    history.replaceState(null, "", `${location.pathname}${given.get("open") ? runPage(given.get("open")) : "#/"}`);
  }
  return sessionStorage.getItem(TOKEN_KEY);
}

// An address that was pasted into a tab of the studio changes its fragment alone: the page begins anew with its token.
export function watchForToken() {
  addEventListener("hashchange", () => location.hash.startsWith("#token=") && location.reload());
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
    sessionStorage.setItem(TOKEN_KEY, text.split("token=").pop().split("&")[0]);
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
