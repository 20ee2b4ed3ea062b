// Questions that stop everything else until they are answered.

import { h } from "./dom.js";

/**
 * Show a dialog until it is closed; the focus then goes back to where it was.
 * @param {string} title
 * @param {(close: (answer: unknown) => void) => Node[]} content
 * @param {string} [kind] a class
 * @returns {Promise<unknown>} what it was closed with, undefined when it was left
 */
export function showDialog(title, content, kind = "small") {
  return new Promise((done) => {
    let answer;
    const close = (given) => {
      answer = given;
      dialog.close();
    };
    const dialog = h("dialog", { class: kind, "aria-label": title });
    dialog.append(...content(close));
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(answer);
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Ask before something that can't be undone.
 * @param {string} title
 * @param {string} text
 * @param {string} yes
 * @returns {Promise<boolean>}
 */
export async function confirmed(title, text, yes) {
  const answer = await showDialog(title, (close) => [
    h("h2", {}, title),
    h("p", {}, text),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", onclick: () => close(false) }, "Keep"),
      h("button", { type: "button", class: "danger", onclick: () => close(true) }, yes),
    ),
  ]);
  return answer === true;
}
