// One person: the name, the faces, and what is wrong about them.

import { get } from "./api.js";
import { choosePerson } from "./choose_person.js";
import { correct } from "./corrections.js";
import { dock, fill, h, keyed, listen, picture, say, set } from "./dom.js";
import { exportButton } from "./exports.js";
import { inTurn } from "./live.js";
import { attempt } from "./notices.js";
import { address, called, count } from "./words.js";

const PAGE = 200;

/** @param {import("./event.js").Tab} tab */
export async function showPerson({ panel, code, live, place, signal }) {
  const its = { code, live };
  const path = `/people/${encodeURIComponent(code)}/${encodeURIComponent(place.item)}`;
  /** @type {Set<string>} */
  const chosen = new Set();
  let person;
  let faces = [];
  let shownAtMost = PAGE;

  const heading = h("h2", { tabindex: -1 });
  const facts = h("p", { class: "quiet" });
  const name = h("input", {
    id: "person-name",
    autocomplete: "off",
    maxlength: 200,
    placeholder: "Who is this?",
  });
  const naming = h(
    "form",
    {
      class: "row",
      onsubmit: (event) => {
        event.preventDefault();
        rename();
      },
    },
    h("label", { for: "person-name" }, "Name"),
    name,
    h("button", { class: "primary" }, "Save name"),
  );
  const hide = h("button", {
    type: "button",
    onclick: () =>
      act(
        [{ kind: "hide", hidden: !person.hidden }],
        person.hidden ? "Shown again." : "Hidden from the list.",
      ),
  });
  const merge = h("button", { type: "button", onclick: mergeWith }, "Merge with …");
  const list = h("ul", { class: "faces" });
  const more = h(
    "button",
    {
      type: "button",
      class: "more",
      onclick: () => {
        shownAtMost += PAGE;
        attempt(load);
      },
    },
    "Show more faces",
  );
  const words = h("p", { class: "grow", role: "status" });
  const split = button("Another person", () =>
    act([{ kind: "split", face_ids: [...chosen] }], "They are a person of their own now."),
  );
  const cover = button("Use as picture", () =>
    act([{ kind: "cover", face_id: [...chosen][0] }], "This face shows the person now."),
  );
  const bar = h(
    "div",
    { class: "chosen row", hidden: true, role: "region", "aria-label": "Chosen faces" },
    words,
    split,
    button("Not this person", () =>
      act([{ kind: "not_this_person", face_ids: [...chosen] }], "They are no longer this person’s."),
    ),
    cover,
    button("Choose none", () => {
      chosen.clear();
      render();
    }),
  );

  const act = async (statements, said) => {
    if (
      await correct(
        its,
        statements.map((each) => ({ cluster_id: person.cluster_id, ...each })),
        [person],
        said,
      )
    )
      chosen.clear();
  };

  async function rename() {
    const given = name.value.trim() || null;
    if (given !== person.name)
      await act([{ kind: "name", name: given }], given ? `Named ${given}.` : "The name is taken away.");
  }

  async function mergeWith() {
    const other = await choosePerson(code, person);
    if (!other) return;
    // The one with a name goes on.
    const [from, into] = person.name && !other.name ? [other, person] : [person, other];
    await correct(
      its,
      [{ kind: "merge", cluster_id: from.cluster_id, into_cluster_id: into.cluster_id }],
      [person, other],
      `They are one now: ${called(into)}.`,
    );
    if (into !== person) location.hash = address(code, "people", into.cluster_id);
  }

  const load = inTurn(async () => {
    const found = [];
    do {
      person = await get(path, { limit: PAGE, offset: found.length }, signal);
      found.push(...person.faces);
    } while (person.faces.length === PAGE && found.length < shownAtMost);
    faces = found;
    render();
  });

  function render() {
    say(heading, called(person));
    say(
      facts,
      `${count(person.face_count, "face")} in ${count(person.image_count, "photo")}${person.hidden ? " · hidden" : ""}`,
    );
    if (document.activeElement !== name) name.value = person.name ?? "";
    say(hide, person.hidden ? "Show again" : "Hide");
    const alive = new Set(faces.map((face) => face.face_id));
    for (const id of chosen) if (!alive.has(id)) chosen.delete(id);
    keyed(
      list,
      faces,
      (face) => face.face_id,
      (face) => faceCell(face, chosen, render),
      (element, face) => {
        const at = faces.indexOf(face) + 1;
        set(
          element.querySelector("input"),
          "aria-label",
          `Face ${at}${face.face_id === person.cover_face_id ? ", the person’s picture" : ""}`,
        );
        element.querySelector("input").checked = chosen.has(face.face_id);
        set(element, "class", chosen.has(face.face_id) && "picked");
        picture(element.querySelector("img"), face.crop_url);
      },
    );
    set(more, "hidden", faces.length >= person.face_count);
    set(bar, "hidden", chosen.size === 0);
    say(words, `${count(chosen.size, "face")} chosen`);
    split.disabled = chosen.size === person.face_count;
    cover.disabled = chosen.size !== 1;
  }

  await load();
  fill(
    panel,
    h("p", {}, h("a", { href: address(code, "people") }, "← People")),
    h(
      "div",
      { class: "row" },
      h("div", { class: "grow" }, heading, facts),
      h("a", { class: "button", href: `${address(code, "photos")}?person=${person.cluster_id}` }, "Photos"),
      exportButton("Download photos", {
        path: `/exports/${encodeURIComponent(code)}`,
        json: { kind: "zip", cluster_id: person.cluster_id },
        signal,
      }),
      merge,
      hide,
    ),
    naming,
    h("p", { class: "hint" }, "Choose the faces that are somebody else’s."),
    list,
    more,
  );
  dock(bar, signal);
  listen(live, "change", () => load().catch(() => {}), signal);
}

function button(label, run) {
  return h("button", { type: "button", onclick: run }, label);
}

function faceCell(face, chosen, render) {
  const box = h("input", {
    type: "checkbox",
    onchange: () => {
      if (box.checked) chosen.add(face.face_id);
      else chosen.delete(face.face_id);
      render();
    },
  });
  return h(
    "li",
    {},
    h("label", {}, h("img", { alt: "", loading: "lazy", decoding: "async", width: 120, height: 120 }), box),
  );
}
