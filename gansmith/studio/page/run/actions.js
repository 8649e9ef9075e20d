// What a person can do with a run from a card or its page: each asks the server, and says what happened.

import { runPath } from "../frame/words.js";

const ASKED_FOR = {
  pause: "It saves after this update, and stops.",
  save: "It saves a checkpoint after this update.",
};

// Asks the training itself: "pause" or "save".
export async function askTraining({ api, cards, notice }, name, kind) {
  if (kind === "pause") cards.ending.add(name);
  await api.post(runPath(name, "ask"), { kind });
  notice.tell(`Asked ${name} to ${kind}. ${ASKED_FOR[kind]}`);
}

// Goes on with a training; `more` is a budget such as {minutes: "5"}, or nothing: what is left of its own.
export async function resumeTraining({ api, notice }, name, more = {}) {
  await api.post(runPath(name, "resume"), more);
  notice.tell(`${name} goes on from its newest checkpoint.`);
}

export async function stopAtOnce({ api, cards, notice }, name) {
  cards.ending.add(name);
  await api.post(runPath(name, "stop-at-once"));
  notice.tell(`${name} was ended at once. What came after its newest checkpoint is lost; Resume goes on from there.`);
}

// Moves a run to the trash folder; the notice can bring it back.
export async function deleteRun({ api, cards, notice }, name) {
  await api.post(runPath(name, "delete"));
  await cards.refresh();
  const back = async () => {
    try {
      await api.post("trash/undo", { name });
      await cards.refresh();
      notice.tell(`${name} is back.`);
    } catch (error) {
      notice.fail(error);
    }
  };
  notice.tell(`${name} is in the trash folder (.trash).`, { label: "Undo", act: back });
}

// A listener for a button: it is off while the server works, and errors are said.
export function attempted(notice, act) {
  return async (event) => {
    const pressed = event.currentTarget;
    pressed.disabled = true;
    try {
      await act();
    } catch (error) {
      notice.fail(error);
    } finally {
      pressed.disabled = false;
    }
  };
}
