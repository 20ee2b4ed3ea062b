// Where photos come in: dropped, or chosen one by one, by the folder, or from the camera.

import { h, listen } from "./dom.js";
import { candidates, dropped } from "./files.js";
import { attempt, tell } from "./notices.js";
import { uploads } from "./upload.js";

/**
 * @param {string} code the event the photos are for
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function dropZone(code, signal) {
  const chooser = (label, props) => {
    const input = h("input", {
      type: "file",
      class: "spoken",
      multiple: true,
      ...props,
      onchange: () => {
        uploads.add(code, candidates(input.files));
        input.value = "";
      },
    });
    return h("label", { class: "button" }, label, input);
  };
  const zone = h(
    "section",
    { class: "drop", "aria-label": "Add photos" },
    h(
      "p",
      {},
      h("strong", {}, "Add photos"),
      h("span", { class: "quiet" }, "Drop them here, folders too, or choose:"),
    ),
    h(
      "div",
      { class: "actions" },
      chooser("Photos", { accept: "image/*,.heic,.heif,.avif" }),
      chooser("A folder", { webkitdirectory: true }),
      chooser("Camera", { accept: "image/*", capture: "environment", multiple: false }),
    ),
  );
  // Wherever on the page they are let go: beside the zone the browser would leave the page for the photo.
  listen(
    document,
    "dragover",
    (event) => {
      event.preventDefault();
      zone.classList.add("over");
    },
    signal,
  );
  listen(
    document,
    "dragleave",
    (event) => {
      if (event.relatedTarget === null) zone.classList.remove("over");
    },
    signal,
  );
  listen(
    document,
    "drop",
    (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      attempt(async () => {
        const files = await dropped(event.dataTransfer);
        if (files.length) uploads.add(code, files);
        else tell("There was no file in what was dropped.");
      });
    },
    signal,
  );
  return zone;
}
