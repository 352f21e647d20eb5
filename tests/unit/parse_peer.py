"""Holds the parser and the resolver to CPython over whole folders: same tree, same spans, same scopes.

    python3 tests/unit/parse_peer.py build/bin/unit_parse_test [FOLDER_OR_FILE...]

Without folders: the standard library's of this Python, and torch.nn where it is installed. Files that CPython does not
parse, and those with what units refuse (async, import *, except*, \\N{}, odd names and encodings) are counted apart.
Exits 1 on any difference. Needs Python 3.11, the language of units, and does nothing under another. The files are read,
never kept.
"""
import ast
import importlib.util
import io
import os
import pathlib
import re
import subprocess
import symtable
import sys
import tempfile
import tokenize
import unicodedata
import warnings

sys.path.insert(0, os.path.dirname(__file__))
import ast_dump

SCOPES = {1: "L", 2: "G", 3: "G", 4: "F", 5: "C"}


class StripAnnotations(ast.NodeTransformer):
    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        node.annotation = ast.Constant(0)
        return node


def scope_lines(table, out):
    kind = {"module": "M", "class": "C"}.get(str(table.get_type()), "F")
    symbols = []
    for s in table.get_symbols():
        scope = SCOPES[s._Symbol__scope]
        name = s.get_name()
        if name.startswith("."):
            continue
        symbols.append(f"{name}={'G' if kind == 'M' else scope}")
    comprehension = any(s.get_name() == ".0" for s in table.get_symbols())
    plain = kind == "F" and not comprehension and table.get_name() != "lambda"
    name = "" if kind == "M" or plain else table.get_name()
    out.append(f"{kind} {name} {' '.join(sorted(symbols))}".rstrip())
    for child in table.get_children():
        scope_lines(child, out)
    return out


def refused_by_design(source):
    for n in ast.walk(ast.parse(source)):
        if isinstance(n, (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await, getattr(ast, "TryStar", ast.Await))):
            return True
        if isinstance(n, ast.comprehension) and n.is_async:
            return True
        if isinstance(n, ast.ImportFrom) and n.names[0].name == "*":
            return True
    cookie = re.match(r"(?:.*\n)?\s*#.*coding[:=]\s*(?!utf|ascii|us-ascii)\w", source)
    names = (t.string for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.NAME)
    return cookie or "\\N{" in source or any(unicodedata.normalize("NFKC", n) != n for n in names if not n.isascii())


def run(binary, sources, mode):
    """One process for all: writes `NUMBER.out` beside each source."""
    with tempfile.TemporaryDirectory() as folder:
        for i, s in enumerate(sources):
            pathlib.Path(folder, f"{i}.py").write_bytes(s.encode("utf-8", "surrogatepass"))
        environment = dict(os.environ, GRADUS_DUMP=folder, GRADUS_DUMP_MODE=mode)
        subprocess.run([binary, "--gtest_filter=Dump.*", "--gtest_brief=1"], env=environment, check=True, stdout=subprocess.DEVNULL)
        return [pathlib.Path(folder, f"{i}.out").read_text(encoding="utf-8", errors="surrogateescape") for i in range(len(sources))]


def report(what, names, ours, theirs):
    bad = 0
    for name, a, b in zip(names, ours, theirs):
        if a == b:
            continue
        bad += 1
        if bad <= 5:
            pairs = zip(a.split("\n") + [""], b.split("\n") + [""])
            x, y = next(((x, y) for x, y in pairs if x != y), ("", ""))
            at = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), 0)
            print(f"{what} differ: {name}\n  ours:    {x[max(0, at - 80):at + 80]}\n  CPython: {y[max(0, at - 80):at + 80]}")
    print(f"{what}: {len(names) - bad} of {len(names)} files equal")
    return bad


def python_files(folder):
    return [f for f in sorted(pathlib.Path(folder).rglob("*.py")) if "site-packages" not in f.relative_to(folder).parts]


def main(binary, paths):
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(20000)
    files = [f for p in paths for f in (python_files(p) if os.path.isdir(p) else [pathlib.Path(p)])]
    names, sources, refused, no_python = [], [], 0, 0
    for f in files:
        try:
            source = f.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
            compile(source, "f", "exec", dont_inherit=True)
            if refused_by_design(source):
                refused += 1
                continue
        except (SyntaxError, UnicodeDecodeError, ValueError, RecursionError):
            no_python += 1
            continue
        names.append(f)
        sources.append(source)
    print(f"{len(files)} files: {no_python} are no UTF-8 Python 3.11, {refused} use what units refuse, "
          f"{len(names)} compared")
    bad = report("trees", names, run(binary, sources, "tree"), [ast_dump.dump(s) for s in sources])
    bad += report("spans", names, run(binary, sources, "spans"), [ast_dump.dump(s, True) for s in sources])
    bare = [ast.unparse(ast.fix_missing_locations(StripAnnotations().visit(ast.parse(s)))) for s in sources]
    theirs = ["\n".join(sorted(scope_lines(symtable.symtable(s, "f", "exec"), []))) + "\n" for s in bare]
    bad += report("scopes", names, run(binary, bare, "scopes"), theirs)
    print(f"{len(names)} files: trees, spans and scopes equal" if bad == 0 else f"{bad} differences")
    return 1 if bad else 0


def default_folders():
    folders = [os.path.dirname(os.__file__)]
    torch = importlib.util.find_spec("torch")
    return folders + ([os.path.join(os.path.dirname(torch.origin), "nn")] if torch else [])


if __name__ == "__main__":
    if sys.version_info[:2] != (3, 11):
        print(f"skipped: Python {sys.version_info[0]}.{sys.version_info[1]} is not 3.11")
        sys.exit(0)
    sys.exit(main(sys.argv[1], sys.argv[2:] or default_folders()))
