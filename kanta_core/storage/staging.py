"""Staging: a blob that grows block by block and is there, whole, once it is committed; memory holds one block.

Blocks that are never committed vanish by themselves, a week after the last one was staged:
https://learn.microsoft.com/rest/api/storageservices/put-block.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from azure.storage.blob import BlobBlock, BlobClient, ContentSettings

from kanta_core.errors import BlocksLost, StorageUnavailable
from kanta_core.storage.account import storage_errors

# A blob has 50,000 blocks at most: 400 GB of these.
_BLOCK_BYTES = 8 * 2**20


class Staging:
    """Blocks of one blob, in order, after those of the ids in `staged`.

    Ids are random: two who write the same blob at once never write into each other's blocks.
    """

    def __init__(self, client: BlobClient, staged: list[str]) -> None:
        self._client = client
        self._staged = staged
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= _BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Stage what was written; `staged` has every block's id now."""
        if not self._size:
            return
        data = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting, self._size = [], 0
        block_id = uuid.uuid4().hex
        with storage_errors():
            self._client.stage_block(block_id, data)
        self._staged.append(block_id)


def commit(client: BlobClient, block_ids: Sequence[str], *, content_type: str) -> None:
    """Make the blob of these blocks, over whatever is there; BlocksLost when storage has one of them no more."""
    blocks = [BlobBlock(block_id) for block_id in block_ids]
    try:
        with storage_errors():
            client.commit_block_list(blocks, content_settings=ContentSettings(content_type=content_type))
    except StorageUnavailable as error:
        if getattr(error.__cause__, "error_code", None) == "InvalidBlockList":
            raise BlocksLost from error
        raise
