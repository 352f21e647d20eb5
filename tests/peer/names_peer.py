"""The public names of PyTorch that the unit language has not: names_peer.py RUN_CASES, by a Python with torch. A line a module:
how many names PyTorch has, how many are here, which are not."""
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import torch

OWNERS = ("torch", "torch.Tensor", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils", "torch.linalg", "torch.fft",
          "torch.special", "torch.distributions")


def public(path):
    owner = eval(path)
    for name in dir(owner):
        value = getattr(owner, name)
        home = getattr(value, "__module__", None) or ("torch" if callable(value) else "")
        borrowed = isinstance(value, types.ModuleType) or not home.startswith("torch")  # what the module itself imports
        if not name.startswith("_") and (path == "torch.Tensor" or not borrowed):
            yield name


def missing(run_cases, names):
    """Of each owner, asked in one unit that raises the answer."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        owners = "{" + ", ".join(f"{owner!r}: {owner}" for owner in OWNERS) + "}"
        (folder / "names.py").write_text(f"""import torch
class Names:
    def __init__(self):
        names, owners = {names!r}, {owners}
        raise ValueError("MISSING " + " ".join([o + ":" + n for o, of in names.items() for n in of if not hasattr(owners[o], n)]))
""")
        (folder / "CASES.tsv").write_text("id\tstatus\tfiles\tclass\tctor\tinputs\trun\tcall\toutput\n"
                                          "names\tok\tnames.py\tNames\t{}\t{}\t{}\t{}\t[]\n")
        subprocess.run([run_cases, folder / "CASES.tsv", folder, folder / "out"], stdout=subprocess.DEVNULL)
        text = (folder / "out/names.txt").read_text()
    return [word.split(":") for word in text.rsplit("MISSING ", 1)[1].split()]


def main(run_cases):
    names = {owner: list(public(owner)) for owner in OWNERS}
    lacking = missing(run_cases, names)
    for owner in OWNERS:
        absent = [name for o, name in lacking if o == owner]
        print(f"{owner}: {len(names[owner])} names, {len(names[owner]) - len(absent)} here; not: {' '.join(absent) or '-'}")


if __name__ == "__main__":
    main(sys.argv[1])
