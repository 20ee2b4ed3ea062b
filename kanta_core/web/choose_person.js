// Which other person is meant.

import { get } from "./api.js";
import { showDialog } from "./dialogs.js";
import { h, picture, set } from "./dom.js";
import { called, count } from "./words.js";

/**
 * Ask for another person of the event.
 * @param {string} code
 * @param {any} person
 * @returns {Promise<any>} undefined when nobody was chosen
 */
export async function choosePerson(code, person) {
  const people = await get("/clusters", { event_code: code, sample_size: 1 });
  const others = people.filter((each) => each.cluster_id > 0 && each.cluster_id !== person.cluster_id);
  return showDialog(`Merge ${called(person)} with`, (close) => chooser(others, close), "large");
}

function chooser(people, close) {
  const list = h(
    "ul",
    { class: "people" },
    ...people.map((person) => {
      const image = h("img", { alt: "", loading: "lazy", width: 160, height: 160 });
      picture(image, person.samples[0]?.crop_url);
      return h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "plain", onclick: () => close(person) },
          image,
          h("strong", {}, called(person)),
          h("span", { class: "quiet" }, count(person.image_count, "photo")),
        ),
      );
    }),
  );
  const sought = h("input", {
    type: "search",
    "aria-label": "Find a person by name",
    placeholder: "Find by name",
    oninput: () => {
      const wanted = sought.value.trim().toLocaleLowerCase();
      people.forEach((person, at) =>
        set(list.children[at], "hidden", !called(person).toLocaleLowerCase().includes(wanted)),
      );
    },
  });
  return [
    h(
      "div",
      { class: "row" },
      h("h2", { class: "grow" }, "Who is the same person?"),
      h("button", { type: "button", onclick: () => close(undefined) }, "Close"),
    ),
    sought,
    list,
  ];
}
