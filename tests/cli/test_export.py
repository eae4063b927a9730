"""``nexws asyncapi export``: the document of an application that is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from nexws.asyncapi.lint import lint
from nexws.cli.asyncapi import asyncapi

ROOT = Path(__file__).parents[2]
NEXWS = Path(sys.executable).with_name("nexws")
SHOP = '''
from nexios import NexiosApp
from pydantic import BaseModel
from nexws import EventConsumer, Nexws, emits, on


class Order(BaseModel):
    dish: str


class Shop(EventConsumer):
    """Sells soup \u2013 and caf\u00e9."""

    sold = emits("shop.sold", Order)

    @on("shop.buy")
    async def buy(self, order: Order) -> int:
        return 1


class Nested:
    app = NexiosApp(title="Nested")


app = NexiosApp(title="Shop", version="3.0.0")
Nexws(app)
app.add_ws_route(Shop.as_route("/shop"))
number = 7
'''
UNDOCUMENTABLE = """
from collections.abc import Callable
from nexios import NexiosApp
from nexws import EventConsumer, on


class Shop(EventConsumer):
    @on("shop.buy")
    async def buy(self, order: Callable[[], int]) -> int:
        return 1


app = NexiosApp()
app.add_ws_route(Shop.as_route("/shop"))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, with an application."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    (tmp_path / "shop_example.py").write_text(SHOP, encoding="utf-8")
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("shop_"):
            del sys.modules[name]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(asyncapi, ["export", *arguments])


def exported(*arguments: str) -> Any:
    result = run("shop_example:app", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_the_document_is_written_to_standard_output() -> None:
    document = exported()
    assert document["info"]["title"] == "Shop"
    assert list(document["channels"]) == ["Shop"]
    assert "servers" not in document
    assert [problem for problem in lint(document) if problem.severity == "error"] == []


def test_a_dotted_name_leads_to_an_attribute() -> None:
    result = run("shop_example:Nested.app")
    assert json.loads(result.stdout)["info"]["title"] == "Nested"


@pytest.mark.parametrize("format_", ["json", "yaml"])
def test_json_and_yaml_are_one_document(format_: str) -> None:
    """In characters as people write them."""
    result = run("shop_example:app", "--format", format_)
    assert yaml.safe_load(result.stdout) == exported()
    assert "Sells soup \u2013 and caf\u00e9." in result.stdout


@pytest.mark.parametrize("format_", ["json", "yaml"])
def test_the_document_is_written_to_a_file(folder: Path, format_: str) -> None:
    path = folder / "out"
    result = run("shop_example:app", "-o", str(path), "--format", format_)
    assert (result.exit_code, result.output) == (0, "")
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == exported()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_a_client_sees_it_from_the_other_side() -> None:
    server, client = exported()["operations"], exported("--view", "client")["operations"]
    assert (server["Shop.shop.buy"]["action"], client["Shop.shop.buy"]["action"]) == ("receive", "send")
    assert (server["Shop.shop.sold.push"]["action"], client["Shop.shop.sold.push"]["action"]) == (
        "send",
        "receive",
    )


@pytest.mark.parametrize("spec", ["3.1.0", "3.0.0"])
@pytest.mark.parametrize("view", ["server", "client"])
def test_every_version_and_view_is_sound(spec: str, view: str) -> None:
    document = exported("--spec", spec, "--view", view)
    assert document["asyncapi"] == spec
    assert [problem for problem in lint(document) if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shop_example", "'shop_example' names no application; write it like shop.main:app"),
        (":app", "':app' names no application; write it like shop.main:app"),
        (
            "shop_none:app",
            "cannot import 'shop_none': there is no module 'shop_none' (looked in {folder} and",
        ),
        ("shop_none.main:app", "cannot import 'shop_none.main': there is no module 'shop_none'"),
        ("shop_lacking:app", "cannot import 'shop_lacking': there is no module 'surely_not_installed'\n"),
        ("shop_raising:app", "cannot import 'shop_raising': ValueError: no DATABASE_URL"),
        ("shop_exiting:app", "cannot import 'shop_exiting': SystemExit: 0"),
        ("shop_broken:app", "cannot import 'shop_broken': SyntaxError: "),
        (".shop_example:app", "cannot import '.shop_example': "),
        ("shop_example:api", "'shop_example' has no 'api'"),
        ("shop_example:app.none", "'shop_example' has no 'app.none'"),
        ("shop_example:number", "shop_example:number is a int, not a NexiosApp"),
        ("shop_undocumentable:app", "event 'shop.buy' cannot be documented: the payload is a callable"),
    ],
)
def test_what_cannot_be_documented_is_one_sentence(folder: Path, name: str, message: str) -> None:
    """With an exit code of its own, and without a traceback."""
    for module, text in {
        "shop_lacking": "import surely_not_installed",
        "shop_raising": "raise ValueError('no DATABASE_URL')",
        "shop_exiting": "import sys; sys.exit(0)",
        "shop_broken": "def",
        "shop_undocumentable": UNDOCUMENTABLE,
    }.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    result = run(name)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message.format(folder=folder) in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_cannot_be_written_is_one_sentence(folder: Path) -> None:
    result = run("shop_example:app", "-o", str(folder / "none" / "out.json"))
    assert result.exit_code == 2
    assert result.stderr == f"Error: cannot write {folder}/none/out.json: No such file or directory\n"


def test_yaml_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    result = run("shop_example:app", "--format", "yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'pip install "nexws[cli]"' in result.stderr


@pytest.mark.parametrize("format_", ["json", "yaml"])
def test_what_is_exported_passes_the_linter_in_a_shell(format_: str) -> None:
    command = f"'{NEXWS}' asyncapi export --format {format_} examples.chat:app | '{NEXWS}' asyncapi lint -"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.splitlines()[-1].startswith(("no problems", "0 errors"))
