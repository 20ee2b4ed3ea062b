"""An export while it is written: where its bytes go, and how far they have come."""

from __future__ import annotations

from kanta_core.domain.exports import Export, Progress
from kanta_core.domain.file_names import TakenNames
from kanta_core.services import Services
from kanta_core.storage.names import EXPORTS


class Writing:
    """Bytes go out as blocks, and `progress` knows of them. A ZIP's central directory has blocks of its own."""

    def __init__(self, services: Services, export: Export, progress: Progress, names: TakenNames) -> None:
        self.services = services
        self.export = export
        self.progress = progress
        self.names = names
        self._content = services.blobs.stage(EXPORTS, export.blob_name, progress.blocks)
        self._directory = services.blobs.stage(EXPORTS, export.blob_name, progress.directory)

    def write(self, data: bytes) -> None:
        self._content.write(data)
        self.progress.position += len(data)

    def write_directory(self, data: bytes) -> None:
        """Bytes that come after all of the content."""
        self._directory.write(data)
        self.progress.directory_size += len(data)

    def flush(self) -> None:
        self._content.flush()
        self._directory.flush()
