"""Settings come from where `func start` takes them, and a wrong one is named."""

import json
from pathlib import Path

import pytest

from devhost.config import Config, HostSettings
from devhost.preflight import StartupError

TOOL = '[tool.devhost]\nprefix = "TOY"\nprepare = [["python", "-m", "prepare"]]\npublish = ["TOY_KEY"]\n'


def app(folder: Path, **files: str) -> Path:
    """An app's folder with the named files in it."""
    for name, content in {"pyproject.toml": TOOL, **files}.items():
        (folder / name).write_text(content)
    return folder


def test_the_environment_says_where(tmp_path: Path) -> None:
    config = Config.load(app(tmp_path), {"TOY_PORT": "7072", "TOY_DATA_DIR": "here"})
    assert (config.port, config.data_dir) == (7072, tmp_path / "here")
    assert (config.prepare, config.publish) == ((("python", "-m", "prepare"),), ("TOY_KEY",))


def test_without_the_environment_there_are_defaults(tmp_path: Path) -> None:
    config = Config.load(app(tmp_path), {"TOY_PORT": "", "TOY_DATA_DIR": ""})
    assert (config.port, config.data_dir, config.url) == (7071, tmp_path / ".local", "http://localhost:7071")
    assert config.workers >= 1


@pytest.mark.parametrize("name", ["TOY_PORT", "FUNCTIONS_WORKER_PROCESS_COUNT"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "99999999", "7071.0"])
def test_a_number_that_is_none_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(StartupError, match=name):
        Config.load(app(tmp_path), {name: value})


def test_real_variables_win_over_the_settings_file_but_not_over_the_services(tmp_path: Path) -> None:
    values = {"A": "file", "B": "file", "AzureWebJobsStorage": "file", "OMP_NUM_THREADS": "2"}
    files = {"local.settings.json": json.dumps({"Values": values}), "local.settings.sample.json": "not read"}
    config = Config.load(app(tmp_path, **files), {})
    real = {
        "B": "real",
        "TOY_DATABASE_URL": "real",
        "AZURE_STORAGE_CONNECTION_STRING": "real",
        "PYTHONPATH": "lib",
    }
    environment = config.app_environment(real, database="postgresql://", storage="storage")
    expected = {
        "A": "file",
        "B": "real",
        "AzureWebJobsStorage": "storage",
        "AZURE_STORAGE_CONNECTION_STRING": "storage",
        "TOY_DATABASE_URL": "postgresql://",
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "1",
        "TMPDIR": str(tmp_path / ".local" / "tmp"),
    }
    assert {name: environment[name] for name in expected} == expected
    assert environment["PYTHONPATH"].endswith(":lib")


def test_the_sample_serves_where_there_are_no_settings(tmp_path: Path) -> None:
    config = Config.load(app(tmp_path, **{"local.settings.sample.json": '{"Values": {"A": 1}}'}), {})
    assert config.app_environment({}, database="", storage="")["A"] == "1"


def test_host_json_has_the_real_hosts_defaults(tmp_path: Path) -> None:
    settings = HostSettings.load(tmp_path)
    assert settings == HostSettings(
        route_prefix="api",
        function_timeout=1800,
        blob_tries=5,
        queue_batch=16,
        queue_tries=5,
        queue_retry_delay=0,
        queue_base64=True,
        queue_poll=60,
    )


def test_host_json_is_read(tmp_path: Path) -> None:
    queues = {"maxDequeueCount": 3, "visibilityTimeout": "00:00:10", "messageEncoding": "none"}
    content = {"functionTimeout": "-1", "extensions": {"http": {"routePrefix": ""}, "queues": queues}}
    settings = HostSettings.load(app(tmp_path, **{"host.json": json.dumps(content)}))
    assert settings.function_timeout is None
    assert settings.route_prefix == ""
    assert (settings.queue_tries, settings.queue_retry_delay, settings.queue_base64) == (3, 10, False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("host.json", "{"),
        ("host.json", "[]"),
        ("host.json", '{"functionTimeout": "5 minutes"}'),
        ("host.json", '{"extensions": []}'),
        ("pyproject.toml", "[tool"),
        ("local.settings.json", '"x"'),
        ("local.settings.json", '{"Values": []}'),
    ],
)
def test_a_file_that_can_not_be_read_is_named(tmp_path: Path, name: str, content: str) -> None:
    def read_all() -> None:
        HostSettings.load(app(tmp_path, **{name: content}))
        Config.load(tmp_path, {}).app_environment({}, database="", storage="")

    with pytest.raises(StartupError, match=name):
        read_all()
