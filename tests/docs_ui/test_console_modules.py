"""The console's validator and MessagePack, as Chromium runs them, against tables of cases."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import jsonschema
import pytest
from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

VALIDATE = """async ([schema, value, document]) =>
    (await import('/asyncapi/static/console/validate.js')).validate(schema, value, document)"""
WRITE = """async (source) => {
    const { encode } = await import('/asyncapi/static/console/msgpack.js');
    const bytes = encode(eval(`(${source})`));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}"""
READ = """async (hex) => {
    const { decode } = await import('/asyncapi/static/console/msgpack.js');
    const value = decode(Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)));
    const described = (_, each) => typeof each === 'bigint' ? `${each}n`
        : each instanceof Uint8Array ? `bytes ${Array.from(each)}` : Object.is(each, -0) ? '-0' : each;
    return JSON.stringify(value, described);
}"""
SAMPLE = """async ([schema, document]) =>
    (await import('/asyncapi/static/console/sample.js')).sample(schema, document)"""

DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                },
                "required": ["name"],
            },
            "a/b~c": {"type": "integer"},
            "Cat": {
                "type": "object",
                "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
                "required": ["kind", "lives"],
            },
            "Dog": {
                "type": "object",
                "properties": {"kind": {"const": "dog"}, "name": {"type": "string"}},
                "required": ["kind", "name"],
            },
        }
    }
}
NODE = {"$ref": "#/components/schemas/Node"}
PET = {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]}
NESTED: dict[str, Any] = {
    "allOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["b"]}],
    "minProperties": 1,
}

CASES: list[tuple[Any, list[Any]]] = [
    (True, [1, None, {}]),
    (False, [1]),
    ({}, [1, "a", None, [], {}]),
    ({"type": "string"}, ["", "a", 1, None, [], {}, True]),
    ({"type": "integer"}, [1, 1.0, 1.5, "1", True, None, -(2**53)]),
    ({"type": "number"}, [1, 1.5, "1", False]),
    ({"type": "boolean"}, [True, False, 0, "true"]),
    ({"type": "null"}, [None, 0, ""]),
    ({"type": "array"}, [[], [1], {}, "a"]),
    ({"type": "object"}, [{}, {"a": 1}, [], None]),
    ({"type": ["string", "null"]}, ["a", None, 1]),
    ({"const": 1}, [1, 1.0, 2, "1"]),
    ({"const": {"a": [1, {"b": None}]}}, [{"a": [1, {"b": None}]}, {"a": [1, {"b": 0}]}, {}]),
    ({"const": None}, [None, 0]),
    ({"enum": ["a", 1, None, [1]]}, ["a", 1, None, [1], "b", [2], 0]),
    ({"minLength": 2, "maxLength": 3}, ["a", "ab", "abc", "abcd", "🙂🙂🙂", 7]),
    ({"pattern": "^[0-9]{2}$"}, ["12", "123", "ab", 5]),
    ({"pattern": "b"}, ["abc", "ac"]),
    ({"minimum": 1, "maximum": 3}, [0, 1, 3, 4, "9"]),
    ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, [1, 1.5, 3]),
    ({"multipleOf": 0.25}, [0.75, 0.35, 1, 0]),
    ({"items": {"type": "integer"}}, [[], [1, 2], [1, "2"], "a"]),
    (
        {"items": [{"type": "integer"}, {"type": "string"}], "additionalItems": False},
        [[1, "a"], [1], [1, "a", 2], ["a"]],
    ),
    ({"items": [{}], "additionalItems": {"type": "null"}}, [[1, None], [1, 2]]),
    ({"minItems": 1, "maxItems": 2}, [[], [1], [1, 2], [1, 2, 3]]),
    ({"uniqueItems": True}, [[1, 2], [1, 1], [{"a": 1}, {"a": 1}]]),
    ({"contains": {"const": 1}}, [[1], [2], []]),
    ({"properties": {"a": {"type": "integer"}}}, [{}, {"a": 1}, {"a": "1"}, {"b": "1"}]),
    ({"required": ["a", "toString"]}, [{"a": 1}, {"a": 1, "toString": 2}]),
    ({"properties": {"a": {}}, "additionalProperties": False}, [{"a": 1}, {"b": 1}, {}]),
    ({"additionalProperties": {"type": "integer"}}, [{"a": 1}, {"a": "1"}]),
    (
        {"patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": False},
        [{"x-a": 1}, {"x-a": "1"}, {"y": 1}],
    ),
    ({"propertyNames": {"maxLength": 1}}, [{"a": 1}, {"ab": 1}]),
    ({"minProperties": 1, "maxProperties": 1}, [{}, {"a": 1}, {"a": 1, "b": 2}]),
    (
        {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}},
        [{}, {"a": 1}, {"a": 1, "b": 1}, {"c": 1}, {"c": 1, "d": 1}],
    ),
    (NESTED, [{"a": 1, "b": 1}, {"a": "1", "b": 1}, {"a": 1}, {}]),
    ({"anyOf": [{"type": "integer"}, {"minLength": 2}]}, [1, "ab", "a", None]),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, [1, 3, 2.5, "a"]),
    ({"not": {"type": "string"}}, [1, "a"]),
    (
        {"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
        [{"a": 1}, {"a": 1, "b": 1}, {"a": 2}, {"a": 2, "c": 1}],
    ),
    (
        NODE,
        [
            {"name": "a", "children": [{"name": "b", "children": []}]},
            {"name": "a", "children": [{}]},
            {"children": []},
        ],
    ),
    ({"$ref": "#/components/schemas/a~1b~0c"}, [1, "1"]),
    ({"allOf": [NODE], "description": "a node"}, [{"name": "a"}, {"name": 1}]),
    (
        PET,
        [
            {"kind": "cat", "lives": 7},
            {"kind": "dog", "name": "Rex"},
            {"kind": "dog", "lives": 7},
            {"kind": "bird"},
            1,
        ],
    ),
]

# From the specification: the fewest bytes for each value.
PACKED = [
    ("null", "c0", "null"),
    ("false", "c2", "false"),
    ("true", "c3", "true"),
    ("0", "00", "0"),
    ("127", "7f", "127"),
    ("128", "cc80", "128"),
    ("255", "ccff", "255"),
    ("256", "cd0100", "256"),
    ("65535", "cdffff", "65535"),
    ("65536", "ce00010000", "65536"),
    ("4294967295", "ceffffffff", "4294967295"),
    ("4294967296", "cf0000000100000000", "4294967296"),
    ("Number.MAX_SAFE_INTEGER", "cf001fffffffffffff", "9007199254740991"),
    ("2n ** 53n", "cf0020000000000000", '"9007199254740992n"'),
    ("2n ** 64n - 1n", "cfffffffffffffffff", '"18446744073709551615n"'),
    ("-1", "ff", "-1"),
    ("-32", "e0", "-32"),
    ("-33", "d0df", "-33"),
    ("-128", "d080", "-128"),
    ("-129", "d1ff7f", "-129"),
    ("-32768", "d18000", "-32768"),
    ("-32769", "d2ffff7fff", "-32769"),
    ("-2147483648", "d280000000", "-2147483648"),
    ("-2147483649", "d3ffffffff7fffffff", "-2147483649"),
    ("-(2n ** 63n)", "d38000000000000000", '"-9223372036854775808n"'),
    ("1.5", "cb3ff8000000000000", "1.5"),
    ("-0", "cb8000000000000000", '"-0"'),
    ("1e300", "cb7e37e43c8800759c", "1e+300"),
    ("''", "a0", '""'),
    ("'é🙂'", "a6c3a9f09f9982", '"é🙂"'),
    ("'\\ufeffa'", "a4efbbbf61", '"\ufeffa"'),
    ("'a'.repeat(31)", "bf" + "61" * 31, f'"{"a" * 31}"'),
    ("'a'.repeat(32)", "d920" + "61" * 32, f'"{"a" * 32}"'),
    ("'a'.repeat(256)", "da0100" + "61" * 256, f'"{"a" * 256}"'),
    ("'a'.repeat(65536)", "db00010000" + "61" * 65536, f'"{"a" * 65536}"'),
    ("Uint8Array.of()", "c400", '"bytes "'),
    ("Uint8Array.of(0, 255)", "c40200ff", '"bytes 0,255"'),
    ("new Uint8Array(256)", "c50100" + "00" * 256, f'"bytes {",".join("0" * 256)}"'),
    ("[]", "90", "[]"),
    ("[1, 'a', null]", "9301a161c0", '[1,"a",null]'),
    ("Array(16).fill(1)", "dc0010" + "01" * 16, f"[{','.join('1' * 16)}]"),
    ("Array(65536).fill(1)", "dd00010000" + "01" * 65536, f"[{','.join('1' * 65536)}]"),
    ("({})", "80", "{}"),
    ("({ a: { b: [] } })", "81a16181a16290", '{"a":{"b":[]}}'),
    (
        "Object.fromEntries(Array.from('abcdefghijklmnop', (each) => [each, 1]))",
        "de0010" + "".join(f"a1{ord(each):02x}01" for each in "abcdefghijklmnop"),
        "{" + ",".join(f'"{each}":1' for each in "abcdefghijklmnop") + "}",
    ),
]
ONLY_READ = [
    ("ca3fc00000", "1.5"),
    ("cf0000000000000001", "1"),
    ("d900", '""'),
    ("df00000001a16101", '{"a":1}'),
]
UNREADABLE = [
    "",
    "c1",
    "cc",
    "a261",
    "9101ff",
    "92",
    "81a161",
    "d40100",
    "c7000001",
    "dfffffffff",
    "a1ff",
    "91" * 200,
]


@pytest.fixture(scope="module")
async def page(browser: Browser, url: str) -> AsyncGenerator[Page]:
    page = await browser.new_page()
    await page.goto(f"{url}/asyncapi#console")
    yield page
    await page.close()


@pytest.mark.parametrize(("schema", "values"), CASES, ids=lambda case: str(case)[:60])
async def test_a_value_is_judged_as_jsonschema_does(page: Page, schema: Any, values: list[Any]) -> None:
    """Whether it fits; the words are the console's own."""
    resolvable = {"allOf": [schema], **DOCUMENT}
    reference = jsonschema.Draft7Validator(resolvable)
    for value in values:
        problems = await page.evaluate(VALIDATE, [schema, value, DOCUMENT])
        assert (problems == []) is reference.is_valid(value), (value, problems)


@pytest.mark.parametrize(
    ("schema", "value", "path", "text"),
    [
        ({"type": "integer"}, "a", [], "is a string, not integer"),
        ({"type": ["string", "null"]}, 1, [], "is an integer, not string or null"),
        (
            NODE,
            {"name": "a", "children": [{"name": 1}]},
            ["children", 0, "name"],
            "is an integer, not string",
        ),
        (NODE, {}, ["name"], "is missing"),
        ({"enum": ["a", "b"]}, "c", [], 'is "c", not one of "a", "b"'),
        ({"const": "ok"}, "error", [], 'is not "ok"'),
        ({"maxLength": 1}, "ab", [], "has 2 characters, more than 1"),
        ({"additionalProperties": False}, {"a": 1}, ["a"], "is not in the contract"),
        (PET, {"kind": "dog", "name": 1}, ["name"], "is an integer, not string"),
        (PET, {"kind": "cat"}, ["lives"], "is missing"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(
    page: Page, schema: Any, value: Any, path: list[Any], text: str
) -> None:
    """Of several forms, for the one that was meant."""
    assert await page.evaluate(VALIDATE, [schema, value, DOCUMENT]) == [{"path": path, "text": text}]


async def test_a_pattern_of_another_language_judges_nothing(page: Page) -> None:
    assert await page.evaluate(VALIDATE, [{"pattern": "(?P<year>[0-9]+)"}, "a", {}]) == []


async def test_a_schema_that_refers_to_itself_alone_ends(page: Page) -> None:
    document = {"components": {"schemas": {"Loop": {"$ref": "#/components/schemas/Loop"}}}}
    loop = {"$ref": "#/components/schemas/Loop"}
    assert await page.evaluate(VALIDATE, [{"allOf": [loop]}, 1, document]) == []


@pytest.mark.parametrize(("source", "hexadecimal", "text"), PACKED, ids=lambda case: case[:40])
async def test_messagepack_is_written_as_specified_and_read_back(
    page: Page, source: str, hexadecimal: str, text: str
) -> None:
    assert await page.evaluate(WRITE, source) == hexadecimal
    assert await page.evaluate(READ, hexadecimal) == text


@pytest.mark.parametrize(("hexadecimal", "text"), ONLY_READ)
async def test_longer_forms_are_read_too(page: Page, hexadecimal: str, text: str) -> None:
    assert await page.evaluate(READ, hexadecimal) == text


@pytest.mark.parametrize("hexadecimal", UNREADABLE, ids=lambda case: case[:20] or "nothing")
async def test_what_is_no_messagepack_is_refused(page: Page, hexadecimal: str) -> None:
    with pytest.raises(Exception, match=r"RangeError|TypeError: .*encoded data"):
        await page.evaluate(READ, hexadecimal)


@pytest.mark.parametrize("source", ["2n ** 64n", "-(2n ** 63n) - 1n"])
async def test_integers_of_more_than_64_bits_are_refused(page: Page, source: str) -> None:
    with pytest.raises(Exception, match="has more than 64 bits"):
        await page.evaluate(WRITE, source)


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "string"}, ""),
        ({"type": "string", "minLength": 6}, "text.."),
        ({"type": "string", "minLength": 1, "maxLength": 2}, "te"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "exclusiveMinimum": 4, "multipleOf": 5}, 5),
        ({"type": ["integer", "null"]}, 0),
        ({"type": ["integer", "null"], "default": None}, None),
        ({"type": "boolean"}, False),
        ({"enum": ["b", "a"]}, "b"),
        ({"const": 7}, 7),
        ({"examples": [[1]], "default": []}, [1]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
        ({"items": [{"type": "integer"}, {"const": "x"}]}, [0, "x"]),
        (NODE, {"name": ""}),
        (PET, {"kind": "cat", "lives": 0}),
        ({"allOf": [NODE], "description": "a node"}, {"name": ""}),
        ({}, None),
    ],
)
async def test_a_payload_to_begin_with_is_made_of_the_schema(page: Page, schema: Any, wanted: Any) -> None:
    assert await page.evaluate(SAMPLE, [schema, DOCUMENT]) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"a": }', "line 1, column 7: “}” does not belong here"),
        ('{\n  "a": 1,\n}', "line 3, column 1: “}” does not belong here"),
        ('{"a": 1 "b": 2}', "line 1, column 9: a text begins here that is not right"),
        ('["a\nb"]', "line 1, column 2: a text begins here that is not right"),
        ('{"a": [1, {"b": null}]', "something is missing at its end"),
        ("[01]", "line 1, column 3: “1” does not belong here"),
        ("1 2", "line 1, column 3: “2” does not belong here"),
        ("{'a': 1}", "line 1, column 2: “'” does not belong here"),
        (" ", "there is nothing"),
    ],
)
async def test_where_a_text_is_no_json_is_told(page: Page, text: str, wanted: str) -> None:
    source = "async (text) => (await import('/asyncapi/static/console/json.js')).fault(text)"
    assert await page.evaluate(source, text) == wanted
