// Files out of what was dropped or chosen, folders walked.

// What systems leave in folders beside the photos; Kanta ignores the same among dropped blobs.
const NO_PHOTOS = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/**
 * @param {Iterable<File>} files
 * @returns {File[]} those that may be photos: which are, their bytes decide when they arrive
 */
export function candidates(files) {
  return [...files].filter((file) => !NO_PHOTOS.has(file.name));
}

/**
 * Every file of a drop. To be called inside the drop's event: afterwards the browser forgets what was dropped.
 * @param {DataTransfer} transfer
 * @returns {Promise<File[]>}
 */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return candidates(transfer.files);
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return candidates(found);
}

async function walk(entry, found) {
  if (entry.isFile) {
    found.push(
      await new Promise((done, failed) => {
        entry.file(done, failed);
      }),
    );
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader gives a hundred at a time, and nothing in the end.
    const some = await new Promise((done, failed) => {
      reader.readEntries(done, failed);
    });
    if (!some.length) return;
    for (const each of some) await walk(each, found);
  }
}
