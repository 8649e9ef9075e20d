// A run's pages for steering and for the quiz: others fill them, here is the frame around.

import { el, fill } from "../frame/element.js";
import { missing, partLinks } from "./head.js";

export function openPart(view, context, name, place, mount) {
  const body = el("div", { class: "part" });
  let end = () => {};
  let isOpen = true;
  const begin = async () => {
    try {
      const { folder } = context.cards.home || (await context.cards.refresh());
      const card = context.cards.card(name) || (await context.cards.refresh().then(() => context.cards.card(name)));
      if (!isOpen) return;
      if (!card) throw new Error(`There is no training called ${name}.`);
      fill(view, el("div", { class: "title" }, el("h1", { tabindex: "-1" }, name)), partLinks(name, place), body);
      if (!card.can.includes("steer")) {
        fill(body, el("p", { class: "soft" }, "There is no checkpoint yet: it comes with the training, or press Save on its page."));
        return;
      }
      end = mount(body, { api: context.api, socket: context.live, name, card, path: `${folder}/${name}` }) || end;
    } catch (error) {
      missing(view, error);
    }
  };
  begin();
  return () => {
    isOpen = false;
    end();
  };
}
