// The organiser's key: asked for when Kanta wants one, kept until the tab is closed, never in an address.

import { h } from "./dom.js";

const STORED = "kanta-organiser-key";
/** @type {Promise<void>|null} */
let asking = null;

/** The header that shows the key, none while there is no key. */
export function authorisation() {
  const key = sessionStorage.getItem(STORED);
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/**
 * Ask for the key. However many requests were refused, there is one dialog; `used` is what was refused.
 * @param {Record<string, string>} used
 * @returns {Promise<void>} once there is another key than that
 */
export function askForKey(used) {
  if (asking === null && authorisation().Authorization !== used.Authorization) return Promise.resolve();
  asking ??= ask(Boolean(used.Authorization)).finally(() => {
    asking = null;
  });
  return asking;
}

function ask(wrong) {
  return new Promise((done) => {
    const input = h("input", {
      id: "key",
      type: "password",
      autocomplete: "current-password",
      required: true,
      "aria-describedby": "key-why",
    });
    const dialog = h(
      "dialog",
      { class: "small", "aria-labelledby": "key-title", oncancel: (event) => event.preventDefault() },
      h(
        "form",
        {
          method: "dialog",
          onsubmit: () => {
            sessionStorage.setItem(STORED, input.value.trim());
          },
        },
        h("h2", { id: "key-title" }, "Organiser’s key"),
        h(
          "p",
          { id: "key-why" },
          wrong
            ? "That key was not accepted. Try again."
            : "This Kanta is closed. The key is kept until you close this tab.",
        ),
        h("label", { for: "key" }, "Key"),
        input,
        h("div", { class: "actions" }, h("button", { class: "primary" }, "Go on")),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      done();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
