// The people of an event, biggest first: to find one, to choose several and say what they are.

import { get } from "./api.js";
import { correct } from "./corrections.js";
import { dock, fill, h, keyed, listen, picture, say, set } from "./dom.js";
import { inTurn } from "./live.js";
import { address, called, count } from "./words.js";

/** @param {import("./event.js").Tab} tab */
export async function showPeople({ panel, code, live, place, signal }) {
  const its = { code, live };
  const hidden = place.query.has("hidden");
  /** @type {Set<number>} */
  const chosen = new Set();
  let people = [];
  const list = h("ul", { class: "people" });
  const empty = h("p", { class: "empty" });
  const sought = h("input", {
    type: "search",
    "aria-label": "Find a person by name",
    placeholder: "Find by name",
    oninput: () => render(),
  });
  const words = h("p", { class: "grow", role: "status" });
  const merge = h("button", { type: "button", class: "primary", onclick: () => act(mergeAll) }, "Merge");
  const hide = h("button", { type: "button", onclick: () => act(hideAll) }, "Hide");
  const bar = h(
    "div",
    { class: "chosen row", hidden: true, role: "region", "aria-label": "Chosen people" },
    words,
    merge,
    hide,
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          chosen.clear();
          render();
        },
      },
      "Choose none",
    ),
  );
  const doubts = h("p", { class: "hint" });

  const picked = () => people.filter((person) => chosen.has(person.cluster_id));

  async function act(what) {
    const done = await what(its, picked());
    if (done) chosen.clear();
  }

  const load = inTurn(async () => {
    const found = await get("/clusters", { event_code: code, sample_size: 1, hidden }, signal);
    people = found.filter((person) => person.cluster_id > 0 && (!hidden || person.hidden));
    render();
  });

  function render() {
    const wanted = sought.value.trim().toLocaleLowerCase();
    const shown = wanted
      ? people.filter((person) => called(person).toLocaleLowerCase().includes(wanted))
      : people;
    const alive = new Set(people.map((person) => person.cluster_id));
    for (const number of chosen) if (!alive.has(number)) chosen.delete(number);
    keyed(
      list,
      shown,
      (person) => String(person.cluster_id),
      (person) => card(person, code, chosen, render),
      (element, person) => update(element, person, chosen),
    );
    set(bar, "hidden", chosen.size === 0);
    say(words, `${count(chosen.size, "person", "people")} chosen`);
    merge.disabled = chosen.size < 2;
    say(
      empty,
      shown.length
        ? ""
        : wanted
          ? "Nobody is called that."
          : hidden
            ? "Nobody is hidden."
            : live.busy
              ? "People appear here as their photos are encoded."
              : "No people yet. They appear once there are photos with faces.",
    );
    const doubtful = live.report?.doubtful;
    doubts.replaceChildren(
      ...(doubtful && !hidden
        ? [
            h(
              "a",
              { href: address(code, "questions") },
              `${count(doubtful, "person is", "people are")} doubtful: answer a few questions first`,
            ),
          ]
        : []),
    );
  }

  fill(
    panel,
    h(
      "div",
      { class: "row" },
      h("h2", { tabindex: -1, class: "grow" }, hidden ? "Hidden people" : "People"),
      sought,
      h(
        "a",
        { href: address(code, "people") + (hidden ? "" : "?hidden") },
        hidden ? "Show the others" : "Show hidden",
      ),
    ),
    doubts,
    list,
    empty,
  );
  await load();
  dock(bar, signal);
  listen(live, "change", () => load().catch(() => {}), signal);
}

function card(person, code, chosen, render) {
  const { cluster_id: number } = person;
  const box = h("input", {
    type: "checkbox",
    onchange: () => {
      if (box.checked) chosen.add(number);
      else chosen.delete(number);
      render();
    },
  });
  return h(
    "li",
    {},
    h(
      "a",
      { href: address(code, "people", number) },
      h("img", { alt: "", loading: "lazy", decoding: "async", width: 160, height: 160 }),
      h("strong"),
      h("span", { class: "quiet" }),
    ),
    h("label", { class: "choose" }, box),
  );
}

function update(element, person, chosen) {
  const [link, label] = element.children;
  const [image, name, photos] = link.children;
  picture(image, person.samples[0]?.crop_url);
  say(name, called(person));
  set(name, "class", person.name ? null : "unnamed");
  say(photos, count(person.image_count, "photo"));
  set(label.firstElementChild, "aria-label", `Choose ${called(person)}`);
  label.firstElementChild.checked = chosen.has(person.cluster_id);
  set(element, "class", chosen.has(person.cluster_id) && "picked");
}

/** All become the one that has a name, the one with most faces if several have or none. */
function mergeAll(its, people) {
  const [into, ...others] = [...people].sort(
    (a, b) => Number(b.name !== null) - Number(a.name !== null) || b.face_count - a.face_count,
  );
  const statements = others.map((person) => ({
    kind: "merge",
    cluster_id: person.cluster_id,
    into_cluster_id: into.cluster_id,
  }));
  return correct(
    its,
    statements,
    people,
    `${count(people.length, "person", "people")} are one now: ${called(into)}.`,
  );
}

function hideAll(its, people) {
  const statements = people.map((person) => ({
    kind: "hide",
    cluster_id: person.cluster_id,
    hidden: !person.hidden,
  }));
  const said = people[0].hidden ? "shown again" : "hidden";
  return correct(its, statements, people, `${count(people.length, "person is", "people are")} ${said}.`);
}
