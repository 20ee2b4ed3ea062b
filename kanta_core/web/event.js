// One event: its name, what goes on in it, and its parts as tabs.

import { fill, h, listen, say, set } from "./dom.js";
import { showHistory } from "./history.js";
import { Live } from "./live.js";
import { showOverview } from "./overview.js";
import { showPeople } from "./people.js";
import { showPerson } from "./person.js";
import { showPhotos } from "./photos.js";
import { showQuestions } from "./questions.js";
import { showSettings } from "./settings.js";
import { showShare } from "./share.js";
import { address, count, eventName } from "./words.js";
import "./progress.js";

const TABS = {
  photos: "Photos",
  people: "People",
  questions: "Questions",
  share: "Share",
  overview: "Overview",
  history: "History",
  settings: "Settings",
};

/**
 * What a tab is shown with: the panel to fill, the event, and until when.
 * @typedef {{panel: HTMLElement, code: string, live: Live, place: import("./main.js").Place, signal: AbortSignal}} Tab
 */

/**
 * @param {HTMLElement} root
 * @param {string} code
 * @param {AbortSignal} leaving aborts when another address is asked for before the event is there
 */
export async function openEvent(root, code, leaving) {
  const open = new AbortController();
  const live = new Live(code, open.signal);
  leaving.addEventListener("abort", () => {
    if (!live.event) open.abort();
  });
  await live.start();
  const name = h("h1");
  const state = h("p", { class: "state" });
  const trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  const links = Object.entries(TABS).map(([tab, label]) =>
    h("a", { href: address(code, tab), "data-tab": tab }, label),
  );
  const panel = h("div", { class: "panel" });
  fill(
    root,
    h("header", { class: "event" }, h("a", { href: "#/", class: "back" }, "← Events"), name, state, trouble),
    h("nav", { class: "tabs", "aria-label": "Parts of the event" }, ...links),
    panel,
  );

  const refresh = () => {
    say(name, eventName(live.event));
    say(state, summary(live));
    const questions = links.find((link) => link.dataset.tab === "questions");
    set(questions, "class", live.report?.doubtful > 0 && "asking");
  };
  refresh();
  listen(live, "change", refresh, open.signal);
  listen(
    live,
    "trouble",
    () => {
      set(trouble, "hidden", live.trouble === null);
      say(trouble, live.trouble?.message ?? "");
    },
    open.signal,
  );

  return {
    code,
    /** @param {import("./main.js").Place} place @param {AbortSignal} signal */
    async show(place, signal) {
      const tab = place.tab in TABS ? place.tab : "photos";
      for (const link of links) {
        set(link, "aria-current", link.dataset.tab === tab && "page");
        if (link.dataset.tab === tab) link.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
      document.title = `${TABS[tab]} · ${eventName(live.event)} – Kanta`;
      await part(tab, place)({ panel, code, live, place, signal });
    },
    close() {
      open.abort();
    },
  };
}

function part(tab, place) {
  if (tab === "people" && place.item) return showPerson;
  return {
    photos: showPhotos,
    people: showPeople,
    questions: showQuestions,
    share: showShare,
    overview: showOverview,
    history: showHistory,
    settings: showSettings,
  }[tab];
}

function summary({ event, report }) {
  if (report === null) return event.pending ? `${count(event.pending, "photo")} in work` : "One moment …";
  const photos = Object.values(report.photos).reduce((sum, many) => sum + many, 0);
  if (photos === 0) return "No photos yet";
  const parts = [count(photos, "photo"), count(report.people, "person", "people")];
  if (event.pending) parts.push(`${event.pending} in work`);
  else if (!event.people_current) parts.push("people are being found");
  return parts.join(" · ");
}
