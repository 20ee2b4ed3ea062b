// An event at a glance: who is in how many photos, and when they were taken.

import { get } from "./api.js";
import { fill, h, listen } from "./dom.js";
import { inTurn } from "./live.js";
import { plotBars, plotTime } from "./plot.js";
import { called, count } from "./words.js";

// More bars are no picture that anybody reads; the table behind it has them all.
const MOST = 25;
const short = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/** @param {import("./event.js").Tab} tab */
export async function showOverview({ panel, code, live, signal }) {
  const plots = h("div", { class: "columns" });
  let shown = "";
  const load = inTurn(async () => {
    const [people, timeline] = await Promise.all([
      get("/clusters", { event_code: code, sample_size: 1 }, signal),
      get(`/timelines/${encodeURIComponent(code)}`, {}, signal),
    ]);
    const known = people
      .filter((person) => person.cluster_id > 0)
      .map(({ cluster_id, name, image_count }) => ({ cluster_id, name, image_count }));
    // Left as it is while it is the same: somebody may be reading a table.
    const now = JSON.stringify([known, timeline]);
    if (now === shown) return;
    shown = now;
    fill(plots, byPerson(known), overTime(timeline));
  });
  fill(panel, h("h2", { tabindex: -1 }, "Overview"), plots);
  await load();
  listen(live, "change", () => load().catch(() => {}), signal);
}

function byPerson(people) {
  const sorted = [...people].sort((one, other) => other.image_count - one.image_count);
  const [first] = sorted;
  return figure(
    "People by photos",
    first
      ? `${count(people.length, "person", "people")}; most often ${called(first)}, in ${count(first.image_count, "photo")}.`
      : "There are no people yet.",
    (title, text) =>
      plotBars(
        title,
        text,
        sorted.slice(0, MOST).map((person) => ({ label: called(person), value: person.image_count })),
      ),
    ["Person", "Photos"],
    sorted.map((person) => [called(person), person.image_count]),
  );
}

function overTime({ clock, step_seconds: step, elsewhere, bars }) {
  const moments = bars.map((bar) => ({ ...bar, label: moment(bar.at, clock) }));
  const busiest = moments.reduce((most, bar) => (bar.faces > (most?.faces ?? -1) ? bar : most), undefined);
  const which = clock === "camera" ? "by the cameras’ clocks" : "by when the photos arrived";
  const left = elsewhere ? ` ${count(elsewhere, "photo")} from weeks before or after left out.` : "";
  return figure(
    "Faces over time",
    busiest
      ? `${length(step)} a bar, ${which}; most at ${busiest.label}, with ${count(busiest.faces, "face")}.${left}`
      : "There are no photos yet.",
    (title, text) => plotTime(title, text, moments, step),
    ["From", "Photos", "Faces"],
    moments.map((bar) => [bar.label, bar.photos, bar.faces]),
  );
}

/** The plot with what it says in words, and everything in it as a table. */
function figure(title, text, plot, columns, rows) {
  return h(
    "figure",
    { class: "card plot" },
    h("figcaption", {}, h("h3", {}, title), h("p", { class: "quiet" }, text)),
    rows.length > 0 && plot(title, text),
    rows.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, "As a table"),
        h(
          "div",
          { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title}, as a table` },
          h(
            "table",
            {},
            h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)))),
            h(
              "tbody",
              {},
              ...rows.map(([first, ...others]) =>
                h("tr", {}, h("th", { scope: "row" }, first), ...others.map((each) => h("td", {}, each))),
              ),
            ),
          ),
        ),
      ),
  );
}

/** A camera's clock is shown as it was; the time of arrival in the reader's own zone. */
function moment(at, clock) {
  return short.format(new Date(clock === "camera" ? at : `${at}Z`));
}

function length(seconds) {
  if (seconds < 3_600) return count(seconds / 60, "minute");
  return seconds < 86_400 ? count(seconds / 3_600, "hour") : count(seconds / 86_400, "day");
}
