// The photo a guest has chosen, in the page.

import { fill, h, set } from "./dom.js";

/**
 * Show the photo that is to be sent, and the faces in it to choose from.
 * @param {HTMLElement} frame
 * @param {Blob} photo
 * @param {{x: number, y: number, width: number, height: number}[]} boxes of the upright photo
 * @param {(which: number) => void} [choose]
 */
export function preview(frame, photo, boxes, choose) {
  free(frame);
  const image = h("img", { alt: boxes.length ? "" : "The photo you show" });
  image.addEventListener("load", () => {
    fill(frame, image, ...boxes.map((box, at) => face(box, at, boxes.length, image, choose)));
    frame.querySelector("button")?.focus();
  });
  // What the browser can't show, Kanta may read all the same.
  image.addEventListener("error", () => fill(frame, h("p", { class: "quiet" }, "The photo is chosen.")));
  image.src = URL.createObjectURL(photo);
  frame.dataset.url = image.src;
  set(frame, "hidden", false);
}

/** Let go of what is shown. */
export function free(frame) {
  if (frame.dataset.url) URL.revokeObjectURL(frame.dataset.url);
}

function face({ x, y, width, height }, at, many, image, choose) {
  const button = h("button", {
    type: "button",
    class: "face",
    "aria-label": `Face ${at + 1} of ${many}, from the left`,
    onclick: () => choose(at),
  });
  const { naturalWidth: wide, naturalHeight: high } = image;
  for (const [name, part] of Object.entries({
    left: x / wide,
    top: y / high,
    width: width / wide,
    height: height / high,
  }))
    button.style.setProperty(name, `${part * 100}%`);
  return button;
}
