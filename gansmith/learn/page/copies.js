// This page as a file with the game that is shown: it opens on any machine, without a studio and without a network.

const PRISTINE = document.documentElement.outerHTML; // as it came, before anything is drawn
const BACK = /<p class="small"><a href="[^"]*">Back to the studio<\/a><\/p>/;

// The game that this file was saved with, as the text of an address; "" in a page that was not saved.
export const savedGame = () => document.documentElement.dataset.game || "";

export function savePage(game) {
  const page = PRISTINE.replace(BACK, "").replace(/^<html[^>]*>/, `<html lang="en" data-game="${game.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}">`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`<!doctype html>\n${page}`], { type: "text/html" }));
  link.download = "how-a-gan-learns.html";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser has begun to write it by then
}
