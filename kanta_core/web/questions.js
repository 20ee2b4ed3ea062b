// Doubts, those first whose answer mends most.

import { get } from "./api.js";
import { correct } from "./corrections.js";
import { fill, h, listen, picture } from "./dom.js";
import { inTurn } from "./live.js";
import { attempt } from "./notices.js";
import { address, called, count } from "./words.js";

const AT_ONCE = 10;

/** @param {import("./event.js").Tab} tab */
export async function showQuestions({ panel, code, live, signal }) {
  const its = { code, live };
  const list = h("ol", { class: "questions" });
  const empty = h("p", { class: "empty", hidden: true }, "There is nothing to ask.");
  let shown = "";

  const load = inTurn(async () => {
    const doubts = await get(`/doubts/${encodeURIComponent(code)}`, { limit: AT_ONCE }, signal);
    // Kept as they are while they are the same: somebody may have the focus in one.
    const now = JSON.stringify(
      doubts.map((doubt) => [doubt.kind, doubt.people.map((person) => [person.cluster_id, person.revision])]),
    );
    if (now === shown) return;
    shown = now;
    const faces = await Promise.all(
      doubts.map((doubt) =>
        doubt.kind === "two_people"
          ? sides(code, doubt, signal)
          : doubt.people.map((person) => person.samples.map((sample) => sample.crop_url)),
      ),
    );
    list.replaceChildren(...doubts.map((doubt, at) => question(doubt, faces[at], its, () => attempt(load))));
    empty.hidden = doubts.length > 0;
  });

  fill(
    panel,
    h("h2", { tabindex: -1 }, "Questions"),
    h(
      "p",
      { class: "hint" },
      "Where Kanta is least sure. Each answer holds for later photos, too, and can be undone.",
    ),
    list,
    empty,
  );
  await load();
  listen(live, "change", () => load().catch(() => {}), signal);
}

/** The two sides of a person who may be two: the faces in doubt, and the others. */
async function sides(code, doubt, signal) {
  const { faces } = await get(
    `/people/${encodeURIComponent(code)}/${doubt.people[0].cluster_id}`,
    { limit: 200 },
    signal,
  );
  const doubted = new Set(doubt.face_ids);
  const crops = (wanted) =>
    faces
      .filter((face) => doubted.has(face.face_id) === wanted)
      .slice(0, 5)
      .map((face) => face.crop_url);
  return [crops(false), crops(true)];
}

function question(doubt, faces, its, answered) {
  const [first, second] = doubt.people;
  const two = doubt.kind === "two_people";
  const same = two
    ? { kind: "move", face_ids: doubt.face_ids, into_cluster_id: first.cluster_id }
    : { kind: "merge", cluster_id: second.cluster_id, into_cluster_id: first.cluster_id };
  const different = two
    ? { kind: "split", cluster_id: first.cluster_id, face_ids: doubt.face_ids }
    : { kind: "different_people", cluster_id: first.cluster_id, other_cluster_id: second.cluster_id };
  const row = h("li", { class: "card" });
  const answer = async (statement, said) => {
    for (const button of row.querySelectorAll("button")) button.disabled = true;
    await correct(its, [statement], doubt.people, said);
    await answered();
    document.querySelector(".questions button, .panel h2")?.focus();
  };
  row.append(
    h("h3", {}, two ? `Is ${called(first)} one person?` : "Are these the same person?"),
    h(
      "div",
      { class: "sides" },
      ...faces.map((urls, side) =>
        h(
          "div",
          {},
          strip(urls),
          two
            ? h("p", { class: "quiet" }, side ? count(doubt.face_ids.length, "face") : called(first))
            : h(
                "p",
                {},
                h(
                  "a",
                  { href: address(its.code, "people", doubt.people[side].cluster_id) },
                  called(doubt.people[side]),
                ),
              ),
        ),
      ),
    ),
    h(
      "div",
      { class: "actions" },
      h(
        "button",
        { type: "button", class: "primary", onclick: () => answer(same, "One person, then.") },
        "One person",
      ),
      h("button", { type: "button", onclick: () => answer(different, "Two people, then.") }, "Two people"),
    ),
  );
  return row;
}

function strip(urls) {
  return h(
    "div",
    { class: "strip" },
    ...urls.map((url) => {
      const image = h("img", { alt: "", loading: "lazy", width: 96, height: 96 });
      picture(image, url);
      return image;
    }),
  );
}
