"""Writes the .out beside every .py here (or beside those named): what python3.11 prints for each `# %%` section.

A section is run as a program named snippet.py; an exception nobody catches prints its traceback.
"""

import pathlib
import subprocess
import sys
import tempfile


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
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "snippet.py"
        path.write_text(source)
        done = subprocess.run([sys.executable, "-u", "-W", "ignore", "snippet.py"], cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout.replace(str(path), "snippet.py").replace(str(path.resolve()), "snippet.py")


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
