"""Writes the .out beside every .py here (or beside those named): what python3.11 prints for each `# %%` section.

A section runs in a fresh module named snippet.py; an exception nobody catches prints its traceback.
"""

import io
import linecache
import pathlib
import sys
import traceback
from contextlib import redirect_stdout


def sections(text):
    name, lines = None, []
    for line in text.splitlines(keepends=True):
        if line.startswith("# %% "):
            if name:
                yield name, "".join(lines)
            name, lines = line[5:].strip(), []
        else:
            lines.append(line)
    if name:
        yield name, "".join(lines)


def run(source):
    out = io.StringIO()
    linecache.cache["snippet.py"] = (len(source), None, source.splitlines(keepends=True), "snippet.py")
    with redirect_stdout(out):
        try:
            exec(compile(source, "snippet.py", "exec"), {"__name__": "__main__"})
        except Exception as e:
            e.__traceback__ = e.__traceback__.tb_next
            traceback.print_exception(e, file=out)
    return out.getvalue()


if __name__ == "__main__":
    assert sys.version_info[:2] == (3, 11), "goldens are CPython 3.11's"
    here = pathlib.Path(__file__).parent
    for path in [pathlib.Path(p) for p in sys.argv[1:]] or sorted(here.glob("*.py")):
        if path.name == "regenerate.py":
            continue
        text = ""
        for name, source in sections(path.read_text()):
            text += f"# %% {name}\n{run(source)}"
        path.with_suffix(".out").write_text(text)
