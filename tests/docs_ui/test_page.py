"""The HTML of the docs page, and the files that it loads."""

from __future__ import annotations

import gzip
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import nexws.docs_ui
from nexws.docs_ui import CONTENT_SECURITY_POLICY, find_asset, render_page

STATIC = Path(nexws.docs_ui.__file__).parent / "static"
VENDORED = STATIC / "asyncapi-react"
NASTY = """</title></script><script>alert(1)</script><img src=x onerror='alert(1)'>" onload="alert(1)" ' & {title}"""


class Reader(HTMLParser):
    """Collects a page's elements, and its text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def urls(self) -> list[str]:
        return [
            url
            for _, attributes in self.elements
            for name in ("href", "src", "action", "data-document", "data-static")
            if (url := attributes.get(name)) is not None
        ]


def page(
    *,
    title: str = "Chat",
    document_url: str = "/asyncapi.json",
    static_url: str = "/asyncapi/static",
    console: bool = True,
    yaml_url: str | None = "/asyncapi.yaml",
) -> str:
    return render_page(
        title=title,
        document_url=document_url,
        static_url=static_url,
        console=console,
        yaml_url=yaml_url,
    )


def test_a_title_stays_text_whatever_it_says() -> None:
    """The page has the elements that it has with a harmless title, and the title's text twice."""
    harmless, nasty = Reader(page()), Reader(page(title=NASTY))
    assert nasty.elements == harmless.elements
    assert nasty.texts.count(NASTY) == harmless.texts.count("Chat") == 2


@pytest.mark.parametrize("name", ["document_url", "static_url", "yaml_url"])
def test_an_address_stays_in_its_attribute_whatever_it_says(name: str) -> None:
    harmless, nasty = Reader(page()), Reader(page(**{name: NASTY}))  # type: ignore[arg-type]
    assert [tag for tag, _ in nasty.elements] == [tag for tag, _ in harmless.elements]
    assert [list(attributes) for _, attributes in nasty.elements] == [
        list(attributes) for _, attributes in harmless.elements
    ]
    assert any(NASTY in url for url in nasty.urls())


@pytest.mark.parametrize("console", [True, False])
def test_the_page_has_no_script_or_style_of_its_own(console: bool) -> None:
    """All are files: nothing in the HTML runs, so the policy need not allow it."""
    reader = Reader(page(console=console))
    assert all("src" in script for script in reader.all("script"))
    assert reader.all("style") == []
    names = {name for _, attributes in reader.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")} | {"style"} & names


@pytest.mark.parametrize("console", [True, False])
def test_the_page_names_nobody_else(console: bool) -> None:
    assert all(re.match(r"/(?!/)|#", url) for url in Reader(page(console=console)).urls())


def test_every_file_that_the_page_loads_is_there() -> None:
    static = [url for url in Reader(page()).urls() if url.startswith("/asyncapi/static/")]
    assert len(static) >= 6
    assert all(find_asset(url.removeprefix("/asyncapi/static/")) for url in static)


def test_without_the_console_there_is_nothing_of_it() -> None:
    assert "console" in page(console=True)
    assert "console" not in page(console=False).lower()


def test_there_is_a_link_to_yaml_only_where_it_is_served() -> None:
    assert 'href="/asyncapi.yaml"' in page()
    assert "YAML" not in page(yaml_url=None)


def test_the_policy_allows_no_source_but_the_page_s_own_host() -> None:
    """The viewer compiles schemas, so ``'unsafe-eval'`` must be; nothing inline is allowed."""
    directives = [directive.partition(" ") for directive in CONTENT_SECURITY_POLICY.split("; ")]
    policy = {name: sources for name, _, sources in directives}
    sources = {source for value in policy.values() for source in value.split()}
    assert sources == {"'none'", "'self'", "'unsafe-eval'", "data:"}
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_every_vendored_file_is_what_its_authors_published() -> None:
    text = (VENDORED / "README.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `(\S+)` \| `([0-9a-f]{64})` \|", text, re.MULTILINE))
    assert set(table) == {path.name for path in VENDORED.iterdir()} - {"README.md"}
    for name, digest in table.items():
        content = (VENDORED / name).read_bytes()
        content = gzip.decompress(content) if name.endswith(".gz") else content
        assert hashlib.sha256(content).hexdigest() == digest, name


def test_a_compressed_file_is_found_by_the_name_of_what_it_holds() -> None:
    asset = find_asset("asyncapi-react/index.js")
    assert asset is not None
    assert (asset.content_type, asset.encoding) == ("text/javascript; charset=utf-8", "gzip")
    assert gzip.decompress(asset.content) == gzip.decompress((VENDORED / "index.js.gz").read_bytes())


def test_other_files_are_given_as_they_are() -> None:
    asset = find_asset("page.css")
    assert asset is not None
    assert (asset.content_type, asset.encoding) == ("text/css; charset=utf-8", None)
    assert asset.content == (STATIC / "page.css").read_bytes()
    assert re.fullmatch('"[0-9a-f]{32}"', asset.etag)


@pytest.mark.parametrize(
    "name", ["", "nope.js", "../page.py", "..", "/etc/passwd", "asyncapi-react", "asyncapi-react/README.md"]
)
def test_nothing_else_is_given(name: str) -> None:
    assert find_asset(name) is None


def test_the_files_are_small_enough_for_the_wheel() -> None:
    assert sum(path.stat().st_size for path in STATIC.rglob("*") if path.is_file()) < 1_000_000


def test_each_script_is_small() -> None:
    """One idea per file, under 400 lines."""
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in STATIC.rglob("*.js")}
    assert len(lines) > 10
    assert {name: count for name, count in lines.items() if count >= 400} == {}
