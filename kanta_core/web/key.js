// The organiser's key: asked for when Kanta wants one, kept until the tab is closed, never in an address.

import { bearer } from "./credential.js";
import { h } from "./dom.js";

const STORED = "kanta-organiser-key";
/** @type {Promise<void>|null} */
let asking = null;

/** @type {import("./credential.js").Credential} */
export const organiserKey = {
  header() {
    const key = sessionStorage.getItem(STORED);
    return key ? bearer(key) : {};
  },

  /** Ask for another key. However many requests were refused, there is one dialog. */
  refused(shown) {
    if (asking === null && organiserKey.header().Authorization !== shown.Authorization)
      return Promise.resolve();
    asking ??= ask(Boolean(shown.Authorization)).finally(() => {
      asking = null;
    });
    return asking;
  },
};

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
