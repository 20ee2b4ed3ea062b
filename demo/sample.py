"""Six photos of two people for whoever has none at hand, fetched once and kept in the data dir.

`python -m demo.sample DATA_DIR` fetches them and does nothing else.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO, Final

from demo.errors import DemoError
from devhost import processes

_HERE: Final = Path(__file__).parent
_FOLDER: Final = PurePosixPath("face_recognition-1.3.0/tests/test_images")
# The seventh, 32bit.png, is obama2.jpg in another format.
SAMPLE_PHOTOS: Final = (
    "biden.jpg",
    "obama.jpg",
    "obama2.jpg",
    "obama3.jpg",
    "obama_partial_face.jpg",
    "obama_partial_face2.jpg",
)
_LARGEST_PHOTO: Final = 5_000_000
_TIMEOUT_SECONDS: Final = 180.0


async def sample_photos(data_dir: Path) -> Path:
    """The folder of the sample photos inside `data_dir`; downloads them (3 MB) the first time.

    Raises DemoError when the package index gives no such file, or one whose hash is another.
    """
    photos = data_dir / "demo" / "photos"
    if photos.is_dir():
        return photos
    work = data_dir / "demo" / "fetch"
    shutil.rmtree(work, ignore_errors=True)
    unpacked = work / "photos"
    unpacked.mkdir(parents=True)
    try:
        await _download(work)
        extract(work / "face_recognition-1.3.0.tar.gz", unpacked)
        # In one step: a folder that is there is whole.
        unpacked.replace(photos)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return photos


def extract(archive: Path, folder: Path) -> None:
    """Writes SAMPLE_PHOTOS, and nothing else that `archive` holds, into `folder`."""
    try:
        with tarfile.open(archive, "r:gz") as source:
            for name in SAMPLE_PHOTOS:
                member = source.getmember(str(_FOLDER / name))
                content = source.extractfile(member) if member.isreg() else None
                if content is None or member.size > _LARGEST_PHOTO:
                    raise DemoError(f"{archive.name} holds no photo under the name {name}.")
                (folder / name).write_bytes(content.read())
    except (KeyError, OSError, EOFError, tarfile.TarError) as error:
        raise DemoError(f"The sample photos can't be unpacked: {error}") from error


async def _download(work: Path) -> None:
    """The source distribution, into `work`. Nothing runs or is kept whose hash is not written down here."""
    temporary, tools = work / "tmp", work / "tools"
    temporary.mkdir()
    environment = {
        **os.environ,
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(tools),
        # pip asks a rustc on the PATH for its version, and rustup's rustc then leaves a folder in HOME.
        "PATH": str(Path(sys.executable).parent),
    }
    common = ["--no-deps", "--require-hashes", "--disable-pip-version-check", "--no-input", "--quiet"]
    build = ["install", "--only-binary", ":all:", "--target", str(tools), "-r", str(_HERE / "setuptools.txt")]
    fetch = ["download", "--no-binary", ":all:", "--no-build-isolation", "--dest", str(work)]
    with (work / "pip.log").open("w+b") as log:
        for arguments in (build, [*fetch, "-r", str(_HERE / "photos.txt")]):
            await _pip([*arguments, *common], environment, log)


async def _pip(arguments: list[str], environment: dict[str, str], log: IO[bytes]) -> None:
    process = processes.spawn(
        [sys.executable, "-m", "pip", *arguments],
        log=log,
        environment=environment,
        death_signal=signal.SIGKILL,
    )
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            status = await ended(process)
    except TimeoutError:
        raise DemoError(
            f"The sample photos did not arrive within {_TIMEOUT_SECONDS:.0f} s. "
            "Give photos of your own: make demo PHOTOS=<zip or folder>."
        ) from None
    finally:
        processes.stop(process, (signal.SIGTERM, 5.0))
    if status != 0:
        log.seek(0)
        said = [line for line in log.read().decode(errors="replace").splitlines() if line.startswith("ERROR")]
        raise DemoError(
            f"pip could not download the sample photos: {' '.join(said) or f'status {status}'} "
            "Give photos of your own: make demo PHOTOS=<zip or folder>."
        )


async def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit status of `process`, once it has one."""
    while (status := process.poll()) is None:  # noqa: ASYNC110 - a Popen has no event
        await asyncio.sleep(0.05)
    return status


if __name__ == "__main__":
    asyncio.run(sample_photos(Path(sys.argv[1])))


def main() -> int:
    try:
        asyncio.run(sample_photos(Path(sys.argv[1]).absolute()))
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
