"""How many small faults in a module its own tests notice: mutation testing.

    python -m benchmarks.mutation redaction --sample 150 --seed 1
    python -m benchmarks.mutation lifecycle
    python -m benchmarks.mutation merge

Each mutant is one change at one place of the syntax tree: a comparison or an operator turned
round, a condition negated, a number one higher, a text with `XX` in front, a result left out. A
child process imports it instead of its module and runs the given tests until one fails; one that
takes four times the processor time of the tests alone is noticed, too. Type annotations, docstrings
and the examples in tables of rules (`{w:10}` and the texts beside them) are left alone. Survivors
are printed with their place.

The last line is one JSON object.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import json
import os
import random
import re
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple, NoReturn, cast

import pytest
from hypothesis import settings

SOURCE = Path("src")
DOMAIN, TESTS = SOURCE / "ipcom_chat" / "domain", Path("tests")
TARGETS = {
    "redaction": (
        sorted(DOMAIN.glob("redaction*.py")), sorted(TESTS.glob("unit/domain/test_redaction*.py")),
    ),
    "lifecycle": (
        [DOMAIN / "lifecycle.py"], [TESTS / "unit" / "domain" / "test_lifecycle.py"],
    ),
    "merge": (
        [DOMAIN / "merge.py"],
        [TESTS / "unit" / "domain" / "test_merge.py", TESTS / "property" / "test_merge.py"],
    ),
}  # fmt: skip
"""What can be tested, each with its modules and with the tests that are to notice."""
TIMES_OF_THE_TESTS = 4
_IMPORTED = "ignore::pytest.PytestAssertRewriteWarning"
"""What pytest says of modules that this one has imported already: not once per mutant."""
settings.register_profile("mutation", deadline=None, derandomize=True, database=None)
_DRAWN = re.compile(r"\{[wxHUlbd]:\d+\}")
"""What examples of secrets are drawn by: see `tests.support.secrets`."""
_EXAMPLES_FROM = {"Rule": 3, "_token": 3, "_after": 2, "Program": 2}
"""At which argument the examples of a table begin."""
_TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv,
    ast.Mod: ast.Mult, ast.Continue: ast.Break, ast.Break: ast.Continue,
}  # fmt: skip


class Mutant(NamedTuple):
    """One changed place."""

    path: Path
    number: int
    """Its number among the places of the file."""
    line: int
    change: str


def _changed(node: ast.AST) -> ast.AST | None:
    """Return what stands instead of a node; None if it stays."""
    match node:
        case ast.Constant():
            return _other_value(node.value)
        case ast.UnaryOp(op=ast.Not()):
            return node.operand
        case ast.Return(value=ast.expr()) if not ast.unparse(node).endswith(" None"):
            return ast.Return(ast.Constant(None))
        case ast.If() | ast.IfExp() | ast.While():
            turned = copy.copy(node)
            turned.test = ast.UnaryOp(ast.Not(), node.test)
            return turned
    kind = _TURNED.get(type(node))
    return kind() if kind else None


def _other_value(value: object) -> ast.Constant | None:
    match value:
        case bool():
            return ast.Constant(not value)
        case int():
            return ast.Constant(value + 1)
        case str() if not _DRAWN.search(value):
            return ast.Constant(f"XX{value}")
    return None


class _Places(ast.NodeTransformer):
    """Counts the places of a tree, and changes the one that is wanted."""

    def __init__(self, wanted: int = -1) -> None:
        self.found: list[tuple[int, str]] = []
        self._wanted, self._line, self._is_text_fixed = wanted, 0, False

    def visit(self, node: ast.AST) -> ast.AST:
        self._line = getattr(node, "lineno", self._line)
        is_fixed_text = (
            self._is_text_fixed and isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        other = None if is_fixed_text else _changed(node)
        if other is not None:
            self.found.append((self._line, f"{_shown(node)} -> {_shown(other)}"))
            if len(self.found) - 1 == self._wanted:
                return (
                    ast.copy_location(other, node)
                    if isinstance(node, ast.stmt | ast.expr)
                    else other
                )
        return self._inside(node)

    def _inside(self, node: ast.AST) -> ast.AST:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Assign(targets=[ast.Name(id="__all__")]):
                return node
            case ast.Call(func=ast.Name(id=name)) if name in _EXAMPLES_FROM:
                node.args = [self._argument(name, *each) for each in enumerate(node.args)]
                node.keywords = [self.visit(each) for each in node.keywords]  # type: ignore[misc]
                return node
            case ast.AnnAssign():
                node.value = self.visit(node.value) if node.value else None  # type: ignore[assignment]
                return node
            case ast.FunctionDef():
                node.body = [self.visit(each) for each in node.body]  # type: ignore[misc]
                node.args.defaults = [self.visit(each) for each in node.args.defaults]  # type: ignore[misc]
                return node
        return self.generic_visit(node)

    def _argument(self, name: str, place: int, node: ast.expr) -> ast.expr:
        self._is_text_fixed = place >= _EXAMPLES_FROM[name]
        try:
            return self.visit(node)  # type: ignore[return-value]
        finally:
            self._is_text_fixed = False


def _shown(node: ast.AST) -> str:
    is_whole = isinstance(node, ast.stmt | ast.expr) and not isinstance(node, ast.If | ast.While)
    return ast.unparse(node)[:60] if is_whole else type(node).__name__


def _mutants(path: Path) -> Iterator[Mutant]:
    places = _Places()
    places.visit(ast.parse(path.read_text(encoding="utf-8")))
    for index, (line, change) in enumerate(places.found):
        yield Mutant(path, index, line, change)


def _code(mutant: Mutant) -> CodeType:
    tree = _Places(mutant.number).visit(ast.parse(mutant.path.read_text(encoding="utf-8")))
    whole = cast("ast.Module", ast.fix_missing_locations(tree))
    return compile(whole, str(mutant.path), "exec")


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a mutant instead of its module."""

    def __init__(self, name: str, code: CodeType) -> None:
        self._name, self._code = name, code

    def find_spec(self, name: str, *_rest: object) -> "importlib.machinery.ModuleSpec | None":
        return importlib.util.spec_from_loader(name, self) if name == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


def _in_child(work: Callable[[], int], limit_s: int) -> int:
    """Return how a child ends that does some work in silence and in bounded time."""
    child = os.fork()
    if not child:
        _work(work, limit_s)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _work(work: Callable[[], int], limit_s: int) -> NoReturn:
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        code = work()
    finally:
        os._exit(code)


def _tests(tests: list[str]) -> int:
    """Run tests without the folders of other tests: that takes half as long."""
    settings.load_profile("mutation")
    options = ["-x", "-q", "-n0", "-p", "no:cacheprovider", "--noconftest", "-W", _IMPORTED]
    return int(pytest.main([*options, *tests]))


def _survives(mutant: Mutant, tests: list[str], limit_s: int) -> bool:
    name = ".".join(mutant.path.resolve().relative_to(SOURCE.resolve()).with_suffix("").parts)
    code = _code(mutant)

    def work() -> int:
        sys.meta_path.insert(0, _Instead(name, code))
        return _tests(tests)

    return _in_child(work, limit_s) == 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--sample", type=int, help="so many mutants, drawn by --seed; else all")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = _options()
    paths, files = TARGETS[options.target]
    tests = list(map(str, files))
    mutants = [mutant for path in paths for mutant in _mutants(path)]
    known = len(mutants)
    if options.sample and options.sample < known:
        mutants = random.Random(options.seed).sample(mutants, options.sample)
    assert _in_child(lambda: _tests(tests), 600) == 0, "the tests fail without any mutant"
    # Of the processor: how long it took by the clock is for what else runs here to say.
    limit_s = int(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime * TIMES_OF_THE_TESTS) + 1
    survivors = []
    for number, mutant in enumerate(mutants):
        print(f"{number}/{len(mutants)}", file=sys.stderr, flush=True)
        if _survives(mutant, tests, limit_s):
            survivors.append(mutant)
            print(f"{mutant.path}:{mutant.line}: {mutant.change}", flush=True)
    killed = len(mutants) - len(survivors)
    print(
        json.dumps(
            {
                "places": known, "mutants": len(mutants), "killed": killed,
                "rate": round(killed / len(mutants), 4),
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
