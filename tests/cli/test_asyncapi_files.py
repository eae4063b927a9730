"""``nexws asyncapi lint`` and ``diff``, on files and standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from nexws.cli.asyncapi import asyncapi
from tests.asyncapi.documents import MISSING, chat, edited

TEXT_LENGTH = "components/schemas/SendMessage/properties/text/maxLength"
BROKEN = edited(chat(), {TEXT_LENGTH: 500})
WORDS = edited(chat(), {"channels/Chat/description": "x"})


def run(*arguments: str | Path, stdin: str | bytes | None = None, color: bool = False) -> Result:
    return CliRunner().invoke(asyncapi, [str(each) for each in arguments], input=stdin, color=color)


def written(folder: Path, name: str, document: Any) -> Path:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return written(tmp_path, "old.json", chat())


def test_a_right_document_has_no_problems(old: Path) -> None:
    result = run("lint", old)
    assert (result.exit_code, result.output) == (0, "no problems\n")


def test_each_problem_is_a_line_with_its_place_and_rule(tmp_path: Path) -> None:
    edits = {"channels/Chat/address": "/chat/{group}?x", "components/schemas/Lost": {}}
    result = run("lint", written(tmp_path, "x.json", edited(chat(), edits)))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "error    /channels/Chat/address  has a query or a fragment; describe a query in the ws binding of the channel"
        "  [address-query]",
        "warning  /components/schemas/Lost  is used nowhere  [unused-component]",
        "1 error, 1 warning",
    ]


def test_warnings_fail_only_when_that_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, "x.json", edited(chat(), {"components/schemas/Lost": {}}))
    assert run("lint", path).exit_code == 0
    result = run("lint", "--strict", path)
    assert result.exit_code == 1
    assert result.output.endswith("0 errors, 1 warning\n")


def test_a_document_may_come_from_standard_input() -> None:
    assert run("lint", "-", stdin=json.dumps(chat())).output == "no problems\n"


@pytest.mark.parametrize("name", ["x.yaml", "x.json", "x"])
def test_yaml_is_told_by_its_content(tmp_path: Path, name: str) -> None:
    assert run("lint", written(tmp_path, name, yaml.safe_dump(chat()))).output == "no problems\n"


def test_a_byte_order_mark_is_no_part_of_a_document(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(chat()).encode())
    assert run("lint", path).output == "no problems\n"


def test_yamls_dates_stay_text(tmp_path: Path) -> None:
    text = "asyncapi: 3.1.0\ninfo: {title: t, version: 2024-01-01}\n"
    assert run("lint", written(tmp_path, "x.yaml", text)).output == "no problems\n"


def test_yamls_anchors_and_merges_are_read(tmp_path: Path) -> None:
    text = "asyncapi: 3.1.0\nx-a: &a {title: t}\ninfo: {<<: *a, version: '1'}\n"
    assert run("lint", written(tmp_path, "x.yaml", text)).output == "no problems\n"


def test_yamls_numbers_as_keys_are_a_problem_and_no_crash(tmp_path: Path) -> None:
    result = run("lint", written(tmp_path, "x.yaml", "asyncapi: 3.1.0\nx-codes: {4008: slow}\n"))
    assert result.exit_code == 1
    assert "key 4008 is no text; put it in quotes" in result.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": ', "Expecting value"),
        ('{"a": 1, "a": 2}', "an object has the key 'a' more than once"),
        ('{"a": NaN}', "NaN is no number in JSON"),
        ("a: 1\na: 2\n", "an object has the key 'a' more than once"),
        ("a: [1\n", "while parsing a flow sequence"),
        ("a: !!python/object:os.system {}\n", "could not determine a constructor"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
    ids=["end", "twice", "nan", "yaml twice", "yaml end", "yaml tag", "depth"],
)
@pytest.mark.parametrize("command", ["lint", "diff"])
def test_what_cannot_be_read_is_one_sentence_and_exit_code_2(
    tmp_path: Path, old: Path, command: str, text: str, says: str
) -> None:
    path = written(tmp_path, "x", text)
    result = run(command, path) if command == "lint" else run(command, old, path)
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: cannot read {path}: ")
    assert says in result.output
    assert result.output.count("\n") == 1


def test_bytes_that_are_no_text_are_one_sentence() -> None:
    result = run("lint", "-", stdin=b"\xff\xfe{")
    assert result.exit_code == 2
    assert result.output.startswith("Error: cannot read standard input: ")


@pytest.mark.parametrize(
    "arguments", [("lint", "nowhere.json"), ("diff", "nowhere.json", "-"), ("lint", ".")]
)
def test_a_file_that_cannot_be_had_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, stdin="{}")
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: cannot read {arguments[1]}: ")


@pytest.mark.parametrize(
    ("missing", "document", "says"),
    [
        (
            "yaml",
            "asyncapi: 3.1.0",
            'YAML needs a package that is not installed; run: pip install "nexws[cli]"',
        ),
        ("jsonschema", json.dumps(chat()), 'jsonschema is not installed; run: pip install "nexws[cli]"'),
    ],
)
def test_a_missing_package_is_one_sentence_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, missing: str, document: str, says: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    result = run("lint", "-", stdin=document)
    assert (result.exit_code, result.output) == (2, f"Error: {says}\n")


def test_json_needs_no_package_for_yaml(monkeypatch: pytest.MonkeyPatch, old: Path) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert run("diff", old, old).output == "no changes\n"


def test_a_breaking_change_is_told_and_fails(tmp_path: Path, old: Path) -> None:
    result = run("diff", old, written(tmp_path, "new.json", BROKEN))
    assert result.exit_code == 1
    assert result.output == (
        "Chat\n  breaking       chat.message  data.text  greatest length was 2000, is now 500\n\n1 breaking\n"
    )


def test_a_breaking_change_need_not_fail(tmp_path: Path, old: Path) -> None:
    result = run("diff", "--fail-on", "never", old, written(tmp_path, "new.json", BROKEN))
    assert result.exit_code == 0
    assert "1 breaking" in result.output


@pytest.mark.parametrize("new", [WORDS, edited(chat(), {TEXT_LENGTH: MISSING})])
def test_other_changes_are_told_and_do_not_fail(tmp_path: Path, old: Path, new: Any) -> None:
    result = run("diff", old, written(tmp_path, "new.json", new))
    assert result.exit_code == 0
    assert "1 breaking" not in result.output
    assert result.output.count("\n") == 4


def test_changes_are_written_as_json(tmp_path: Path, old: Path) -> None:
    result = run("diff", "--format", "json", old, written(tmp_path, "new.json", BROKEN))
    assert result.exit_code == 1
    assert json.loads(result.output)["breaking"] is True


def test_changes_are_written_as_markdown(old: Path) -> None:
    result = run("diff", "--format", "markdown", "-", old, stdin=json.dumps(BROKEN))
    assert result.exit_code == 0
    assert result.output.startswith(
        "### No breaking changes\n\n<details><summary>1 compatible change</summary>\n"
    )


def test_only_one_document_can_come_from_standard_input() -> None:
    result = run("diff", "-", "-", stdin="{}")
    assert result.exit_code == 2
    assert "only one of the two documents can come from standard input" in result.output


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"openapi": "3.1.0"}, "/: is no AsyncAPI document: 'asyncapi' must say 3.0.0 or 3.1.0 [version]"),
        ({"asyncapi": "3.1.0"}, "/: 'info' is missing [structure]"),
        (edited(chat(), {"channels/Chat": [], "operations": {}, "x": 1}), " (and 1 more)"),
    ],
)
def test_what_is_no_document_cannot_be_compared(tmp_path: Path, old: Path, document: Any, says: str) -> None:
    path = written(tmp_path, "new.json", document)
    result = run("diff", old, path)
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {path} cannot be compared: ")
    assert result.output.endswith(f"{says}; see: nexws asyncapi lint {path}\n")


def test_a_document_that_breaks_rules_only_is_compared(tmp_path: Path, old: Path) -> None:
    """Its example may be wrong: that is no reason not to look at its schemas."""
    wrong = edited(BROKEN, {"components/messages/Chat.chat.message/examples/0/payload": 5})
    assert run("diff", old, written(tmp_path, "new.json", wrong)).output.endswith(
        "1 breaking, 1 documentation\n"
    )


def test_colours_are_for_terminals(tmp_path: Path, old: Path) -> None:
    new = written(tmp_path, "new.json", BROKEN)
    assert "\x1b[31mbreaking" in run("diff", old, new, color=True).output
    assert "\x1b" not in run("diff", old, new).output
    wrong = written(tmp_path, "wrong.json", {"asyncapi": "2.0.0"})
    assert "\x1b[31merror" in run("lint", wrong, color=True).output
    assert "\x1b" not in run("lint", wrong).output


def test_a_document_cannot_steer_the_terminal(tmp_path: Path, old: Path) -> None:
    evil = "\x1b[2J\n"
    wrong = written(tmp_path, "wrong.json", edited(chat(), {f"components/schemas/{evil}": {}}))
    assert "\x1b[2J" not in run("lint", wrong, color=True).output
    new = edited(chat(), {f"components/schemas/SendMessage/properties/{evil}": {"type": "string"}})
    assert "\x1b[2J" not in run("diff", old, written(tmp_path, "new.json", new), color=True).output


@pytest.mark.parametrize("command", ["lint", "diff"])
def test_the_help_tells_the_exit_codes(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "The exit code is 1" in " ".join(result.output.split())
