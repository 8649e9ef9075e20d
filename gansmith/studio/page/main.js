// The studio's page: its frame, and which page an address opens.

import { Api } from "./api.js";
import { Cards } from "./frame/cards.js";
import { say } from "./frame/element.js";
import { Live } from "./frame/live.js";
import { Notice } from "./frame/notice.js";
import { Router } from "./frame/router.js";
import { askForToken, forgetToken, takeToken, watchForToken } from "./frame/token.js";
import { openComparison } from "./home/comparison.js";
import { openHome } from "./home/home.js";
import { openNew } from "./home/new.js";
import { openPart } from "./run/parts.js";
import { openRun } from "./run/run.js";
import { mountQuiz } from "./quiz/quiz.js";
import { mountSteer } from "./steer/steer.js";

const LOST = "The studio is gone. Trainings that it started may be running on. Start it again as before, and open the link that it prints.";

const ROUTES = [
  { pattern: /^\/$/, place: "home", title: () => "Trainings", open: openHome },
  { pattern: /^\/new$/, place: "new", title: () => "New training", open: openNew },
  { pattern: /^\/compare$/, place: "compare", title: () => "Compare", open: openComparison },
  { pattern: /^\/run\/([^/]+)$/, place: "run", title: (name) => name, open: openRun },
  {
    pattern: /^\/run\/([^/]+)\/steer$/,
    place: "steer",
    title: (name) => `Steer ${name}`,
    open: (view, context, name) => openPart(view, context, name, "steer", mountSteer),
  },
  {
    pattern: /^\/run\/([^/]+)\/quiz$/,
    place: "quiz",
    title: (name) => `Quiz of ${name}`,
    open: (view, context, name) => openPart(view, context, name, "quiz", mountQuiz),
  },
];

function openStudio() {
  watchForToken();
  const token = takeToken();
  const view = document.getElementById("view");
  if (!token) {
    askForToken(view, "This page belongs to a studio on your machine, and needs its token.");
    return;
  }
  const gone = document.getElementById("gone");
  const notice = new Notice(document.getElementById("notice"));
  const api = new Api(token);
  const live = new Live(token);
  const cards = new Cards(api, live, notice);
  const router = new Router(view, ROUTES, { api, live, cards, notice });
  api.refused = () => {
    forgetToken();
    live.end();
    say(gone, "");
    askForToken(view, "The studio that answers does not know this tab: it was started anew.");
  };
  live.on("error", (message) => notice.fail({ message: message.error }));
  let wasLost = false;
  live.on("lost", () => {
    wasLost = true;
    say(gone, LOST);
  });
  live.on("open", async () => {
    if (!wasLost) return;
    try {
      await cards.refresh();
    } catch {
      return; // lost again, or another studio: both are said elsewhere
    }
    wasLost = false;
    say(gone, "");
    router.follow(true);
  });
  router.follow();
}

openStudio();
