// Which page an address is: "#/run/NAME/steer". A page is a function that fills the view and gives back what ends it.

export class Router {
  // `routes`: [{pattern, place, title, open}, ...]; `open(view, context, ...parts of the address)`.
  constructor(view, routes, context) {
    this.view = view;
    this.routes = routes;
    this.context = context;
    this.end = () => {};
    this.path = null;
    addEventListener("hashchange", () => this.follow());
  }

  // Opens the page of the address, unless it is open: what stands after "?" is the page's own.
  follow(again = false) {
    const path = (location.hash.slice(1) || "/").split("?")[0];
    if (path === this.path && !again) return;
    const isFirst = this.path === null;
    this.path = path;
    this.context.notice.leave();
    this.end();
    this.view.replaceChildren();
    const [route, parts] = this.find(path);
    document.title = `${route.title(...parts)} · Gansmith studio`;
    for (const link of document.querySelectorAll("[data-page]")) {
      if (link.dataset.page === route.place) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.end = route.open(this.view, this.context, ...parts) || (() => {});
    scrollTo(0, 0);
    if (!isFirst && !again) (this.view.querySelector("h1") || this.view).focus();
  }

  find(path) {
    for (const route of this.routes) {
      const match = route.pattern.exec(path);
      if (match) return [route, match.slice(1).map(decoded)];
    }
    return [this.routes[0], []];
  }
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a "%" that somebody typed
  }
}
