"""Which regular expressions every client can read: those of ECMA-262, with or without its flag ``u``."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_ecma"]

_ESCAPE = r"""
    \\ (?: [bBdDfnrsStvwW] | 0(?![0-9]) | [1-9][0-9]* | c[A-Za-z] | k<[A-Za-z_$][\w$]*>
         | x[0-9A-Fa-f]{2} | u[0-9A-Fa-f]{4} | u\{[0-9A-Fa-f]+\} | [pP]\{\w+(?:=\w+)?\}
         | [$()*+./?[\\\]^{|}] )
"""
_ECMA: Final = re.compile(
    rf"""
    (?: {_ESCAPE}
      | \( (?! \? ) | \) | \(\? (?: [:=!] | <[=!] | <[A-Za-z_$][\w$]*> )
      | \[ \^? (?! \] ) (?: (?! && | -- | ~~ ) [^\\[\]] | \\- | {_ESCAPE} )+ \]
      | (?: [*+?] | \{{ [0-9]+ (?: ,[0-9]* )? \}} ) \?? (?! [*+?{{] )
      | [^\\()[\]{{}}*+?]
    )*
    """,
    re.VERBOSE,
)


def is_ecma(pattern: str) -> bool:
    r"""Whether *pattern*, which Python or Rust can read, means the same to ECMA-262.

    What only looks like ECMA-262, or is only read without the flag ``u``, is not: ``[[:alpha:]]``, ``\A``, ``a++``.
    That ``\d``, ``\s`` and ``\w`` know more characters in Python and Rust is not looked at.
    """
    return _ECMA.fullmatch(pattern) is not None
