"""Kanta's shared core: photos in, people out.

The way of one photo through the rooms:

    api/        takes the upload over HTTP            ┐
    storage/    keeps it as a blob                    │  or the blob was dropped straight in
    pipeline/   encode: claims it, once per bytes     ┘
    vision/     bytes → faces
    database/   the image and its faces, in one transaction
    pipeline/   recluster: when the event's faces changed
    people/     embeddings → people whose numbers last
    api/        shows them, and the pages of web/

`domain/` holds the words all of them share. Imports point one way:
api → pipeline → {vision, people, database, storage} → domain; `settings`, `errors` and the composition
root `services` stand beside the rooms.
"""

__version__ = "0.1.0"
