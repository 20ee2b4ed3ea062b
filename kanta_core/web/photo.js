// One photo, large, with the faces in it.

import { call, get } from "./api.js";
import { confirmed, showDialog } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { attempt, tell } from "./notices.js";
import { address, count, size, time } from "./words.js";

/**
 * Show the photo at a place of the rows that are listed, and its neighbours on request.
 * @param {{rows: any[], at: number, code: string, live: import("./live.js").Live}} given
 */
export async function showPhoto({ rows, at, code, live }) {
  await showDialog(
    "Photo",
    (close) => {
      const body = h("div", { class: "photo" });
      let here = at;
      const turn = (step) => {
        if (rows[here + step]) {
          here += step;
          attempt(show);
        }
      };
      const previous = h(
        "button",
        { type: "button", "aria-label": "Previous photo", onclick: () => turn(-1) },
        "‹",
      );
      const following = h(
        "button",
        { type: "button", "aria-label": "Next photo", onclick: () => turn(1) },
        "›",
      );
      body.addEventListener("keydown", (event) => {
        if (event.key === "ArrowLeft") turn(-1);
        if (event.key === "ArrowRight") turn(1);
      });

      async function show() {
        const { uuid } = rows[here];
        const { image, faces } = await get(`/pics/${uuid}`);
        if (rows[here]?.uuid !== uuid) return;
        const path = `/pics/${encodeURIComponent(code)}/${uuid}`;
        const act = (method, ending, said) =>
          attempt(async () => {
            await call(method, path + ending);
            tell(said);
            live.nudge();
            close(undefined);
          });
        previous.disabled = here === 0;
        following.disabled = here === rows.length - 1;
        fill(
          body,
          figure(image, faces, code, close),
          h(
            "p",
            { class: "quiet" },
            [
              image.taken_at && `taken ${time(image.taken_at)}`,
              image.width && `${image.width} × ${image.height}`,
              image.size && size(image.size),
              count(image.faces, "face"),
            ]
              .filter(Boolean)
              .join(" · "),
          ),
          image.status_reason && h("p", { class: "why" }, image.status_reason),
          h(
            "div",
            { class: "actions" },
            previous,
            following,
            h(
              "a",
              { class: "button", href: image.azure_blob_url, target: "_blank", rel: "noreferrer" },
              "Original",
            ),
            ["failed", "rejected"].includes(image.status) &&
              h(
                "button",
                { type: "button", onclick: () => act("POST", "/retry", "The photo will be tried again.") },
                "Retry",
              ),
            h(
              "button",
              {
                type: "button",
                class: "danger",
                onclick: async () => {
                  if (
                    await confirmed(
                      "Delete this photo?",
                      "It is deleted with its faces, and every copy of it in this event. This can’t be undone.",
                      "Delete photo",
                    )
                  ) {
                    if (await act("DELETE", "", "The photo is deleted.")) rows.splice(here, 1);
                  }
                },
              },
              "Delete",
            ),
            h("button", { type: "button", class: "primary", onclick: () => close(undefined) }, "Close"),
          ),
        );
      }
      attempt(show);
      return [body];
    },
    "large",
  );
}

function figure(image, faces, code, close) {
  const shown = h("img", { alt: image.name });
  const frame = h("div", { class: "frame" }, shown, ...faces.map((face) => box(face, image, code, close)));
  const source = image.thumbnail_url ?? image.azure_blob_url;
  shown.src = source;
  // Where the browser can show it, the photo itself takes the thumbnail's place.
  if (image.thumbnail_url && ["jpg", "jpeg", "png", "webp"].includes(image.file_extension)) {
    const whole = new Image();
    whole.addEventListener("load", () => {
      shown.src = whole.src;
    });
    whole.src = image.azure_blob_url;
  }
  return h("figure", {}, frame, h("figcaption", {}, image.name));
}

function box(face, image, code, close) {
  const known = face.cluster_id > 0;
  const element = h(known ? "a" : "span", {
    class: "face",
    href: known && address(code, "people", face.cluster_id),
    onclick: () => {
      if (known) close(undefined);
    },
    "aria-label": known ? `Person ${face.cluster_id}` : "A face in no person",
    role: known ? null : "img",
  });
  const { x, y, width, height } = face.bbox;
  for (const [name, part] of Object.entries({
    left: x / image.width,
    top: y / image.height,
    width: width / image.width,
    height: height / image.height,
  })) {
    element.style.setProperty(name, `${part * 100}%`);
  }
  return element;
}
