"""Regular expressions of Python and Rust that are none of ECMA-262 are told apart."""

from __future__ import annotations

import pytest

from nexws.asyncapi.patterns import is_ecma


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "^$",
        "a|b",
        "[a-z0-9_.-]+@[^@]{2,}[.]?",
        r"^\d{4}-\d{2}(?:-\d{2})?$",
        "a{2,3}?b*?c+?d??",
        r"(a)\1(?<n>b)\k<n>",
        "(?=a)(?!b)(?<=c)(?<!d)",
        r"\p{L}\P{Script=Greek}",
        r"\x41\u0041\u{1F600}\cA\0",
        r"[\^\]\-\b\\]",
        r"\/\.\{\}",
        "é # 消息",
    ],
)
def test_what_everybody_reads_alike_is_ecma(pattern: str) -> None:
    assert is_ecma(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?i)a",
        "(?i:a)",
        "(?x) a",
        "(?P<n>a)",
        "(?P=n)",
        "(?>a)",
        "(?#a)",
        "(a)(?(1)b|c)",
        r"\Aa",
        r"a\Z",
        r"a\z",
        "a++",
        "a*+",
        "a?+",
        "a{2}+",
        "a{2}{3}",
        "a{,3}",
        "a{",
        "a}",
        "a]",
        "[]a]",
        "[^]a]",
        "[[:alpha:]]",
        "[a-z&&[^b]]",
        "[a--b]",
        "[a~~b]",
        r"\pL",
        r"\x{41}",
        r"\N{BULLET}",
        r"\U0001F600",
        r"\a",
        r"\-",
        r"\01",
        "\\",
    ],
)
def test_what_somebody_reads_otherwise_or_not_at_all_is_not(pattern: str) -> None:
    assert not is_ecma(pattern)
