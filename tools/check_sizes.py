"""Fail when a file has more than 400 lines, or a function more than 40 lines of code.

Docstrings, comments and blank lines of a function do not count.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 40

_NOT_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def too_long(path: Path) -> Iterator[str]:
    """Say what is too long in the file at *path*."""
    source = path.read_text(encoding="utf-8")
    lines = len(source.splitlines())
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines, more than {FILE_LINES}; split the file"
    code = code_lines(source)
    for name, function in functions(ast.parse(source)):
        size = len(code & own_lines(function))
        if size > FUNCTION_LINES:
            yield (
                f"{path}:{function.lineno}: {name} has {size} lines of code, "
                f"more than {FUNCTION_LINES}; split the function"
            )


def code_lines(source: str) -> set[int]:
    """Return the numbers of the lines that hold more than a comment."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, Function]]:
    """Yield every function below *tree* with its qualified name."""
    for node in ast.iter_child_nodes(tree):
        name = inside
        if isinstance(node, ast.ClassDef | Function):
            name = f"{inside}.{node.name}" if inside else node.name
        if isinstance(node, Function):
            yield name, node
        yield from functions(node, name)


def own_lines(function: Function) -> set[int]:
    """Return the numbers of a function's lines, from its ``def`` on, without its docstring's."""
    lines = set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        lines -= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return lines


def main(folders: list[str]) -> int:
    """Check all Python files below *folders* and return the exit status."""
    found = [
        problem
        for folder in folders
        for path in sorted(Path(folder).rglob("*.py"))
        for problem in too_long(path)
    ]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
