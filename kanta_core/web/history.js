// What organisers have stated, newest first, each to be undone or done again.

import { get } from "./api.js";
import { auditList } from "./audit.js";
import { redo, undo } from "./corrections.js";
import { fill, h, listen, set } from "./dom.js";
import { inTurn } from "./live.js";
import { attempt } from "./notices.js";
import { count, time } from "./words.js";

const PAGE = 100;

/** @param {import("./event.js").Tab} tab */
export async function showHistory({ panel, code, live, signal }) {
  const its = { code, live };
  const list = h("ol", { class: "history" });
  const empty = h("p", { class: "empty", hidden: true }, "Nothing was corrected yet.");
  const more = h(
    "button",
    {
      type: "button",
      class: "more",
      onclick: () => {
        wanted += PAGE;
        attempt(load);
      },
    },
    "Show more",
  );
  let wanted = PAGE;

  const load = inTurn(async () => {
    const made = [];
    let page;
    do {
      page = await get(
        `/corrections/${encodeURIComponent(code)}`,
        { limit: PAGE, offset: made.length },
        signal,
      );
      made.push(...page);
    } while (page.length === PAGE && made.length < wanted);
    const focused = document.activeElement?.dataset?.correction;
    list.replaceChildren(...made.map((correction) => line(correction, its)));
    if (focused) list.querySelector(`[data-correction="${focused}"]`)?.focus();
    empty.hidden = made.length > 0;
    set(more, "hidden", page.length < PAGE);
  });

  fill(panel, h("h2", { tabindex: -1 }, "History"), list, empty, more, auditList(code, signal));
  await load();
  listen(live, "change", () => load().catch(() => {}), signal);
}

function line(correction, its) {
  const undone = correction.undone_at !== null;
  const run = () => (undone ? redo : undo)(its, [correction.id]);
  return h(
    "li",
    { class: undone && "undone" },
    h(
      "p",
      { class: "grow" },
      sentence(correction),
      h("span", { class: "quiet" }, ` ${time(correction.made_at)}${undone ? ", undone" : ""}`),
    ),
    h("button", { type: "button", "data-correction": correction.id, onclick: run }, undone ? "Redo" : "Undo"),
  );
}

function sentence({ kind, cluster_id: number, other_cluster_id: other, face_ids: faces, name, hidden }) {
  const some = count(faces.length, "face");
  switch (kind) {
    case "name":
      return name === null ? `Person ${number} has no name any more.` : `Person ${number} is ${name}.`;
    case "merge":
      return `Person ${number} is the same as person ${other}.`;
    case "split":
      return `${some} of person ${number} became person ${other}.`;
    case "move":
      return `${some} moved to person ${other}.`;
    case "not_this_person":
      return `${some} not person ${number}’s.`;
    case "never_group":
      return `${some} to be in no person.`;
    case "hide":
      return hidden ? `Person ${number} is hidden.` : `Person ${number} is shown again.`;
    case "cover":
      return faces.length
        ? `Person ${number} has another picture.`
        : `Person ${number} has the best face as picture.`;
    case "different_people":
      return `Persons ${number} and ${other} are two people.`;
    default:
      return kind;
  }
}
