// A photo of oneself, as it is shown and sent.

// More pixels make no face better known, and only cost the guest's connection.
const LONGEST_SIDE = 2_048;
// Around a face that is cut out, in its own sizes.
const ROOM = 0.6;
const QUALITY = 0.92;

/**
 * The photo as it is to be sent: drawn anew where it is large. What the browser can't read goes as it is; Kanta may.
 * @param {Blob} file
 * @returns {Promise<Blob>}
 */
export async function shrunk(file) {
  const image = await read(file);
  if (!image) return file;
  const scale = LONGEST_SIDE / Math.max(image.width, image.height);
  const smaller = scale < 1 ? await drawn(image, { x: 0, y: 0, ...sizeOf(image) }, scale) : file;
  image.close();
  return smaller;
}

/**
 * One face of a photo by itself, with some room around it; its neighbours are painted over.
 * @param {Blob} photo as it was sent
 * @param {{x: number, y: number, width: number, height: number}[]} boxes of the upright photo
 * @param {number} which
 * @returns {Promise<Blob|null>} null where the browser can't read the photo
 */
export async function cutOut(photo, boxes, which) {
  const image = await read(photo);
  if (!image) return null;
  const face = boxes[which];
  const room = ROOM * Math.max(face.width, face.height);
  const left = Math.max(0, face.x - room);
  const top = Math.max(0, face.y - room);
  const part = {
    x: left,
    y: top,
    width: Math.min(image.width, face.x + face.width + room) - left,
    height: Math.min(image.height, face.y + face.height + room) - top,
  };
  const others = boxes.filter((_, at) => at !== which);
  const cut = await drawn(image, part, 1, face, others);
  image.close();
  return cut;
}

async function read(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

const sizeOf = ({ width, height }) => ({ width, height });

/** A part of a picture, larger or smaller, as JPEG. `face` stays as it is where `others` are painted over. */
function drawn(image, part, scale, face, others = []) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(part.width * scale));
  canvas.height = Math.max(1, Math.round(part.height * scale));
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.translate(-part.x, -part.y);
  context.drawImage(image, 0, 0);
  context.fillStyle = "#808080";
  for (const box of others) context.fillRect(box.x, box.y, box.width, box.height);
  if (face) {
    const { x, y, width, height } = face;
    context.drawImage(image, x, y, width, height, x, y, width, height);
  }
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}
