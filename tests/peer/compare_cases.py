"""compare_cases.py CASES.tsv OURS PEER [--quiet]: equal, unequal or unsupported, a line a case and a sum. See README.md.

Ends with 1 when a case is unequal, or unsupported where the table does not say so in a column `unsupported`."""
import csv
import json
import sys
from pathlib import Path

import h5py
import numpy as np


def tolerance(row, key, noise):
    run = json.loads(row["run"] or "{}")
    base = 1e-4 if not run else 1e-2 if key.endswith("/out") else 5e-2
    return max(base, 10 * noise)


def compare(row, ours, peer):
    """The faults found, and the largest difference over its tolerance."""
    faults, worst = [], 0.0
    with h5py.File(ours) as a, h5py.File(peer) as b:
        for name in ("params", "no_grad"):
            mine, theirs = ([x.decode() if isinstance(x, bytes) else x for x in np.atleast_1d(f.attrs[name])]
                            if f.attrs[name] is not None and not isinstance(f.attrs[name], h5py.Empty) else [] for f in (a, b))
            if list(mine) != list(theirs):
                faults.append(f"{name}: {list(mine)} against {list(theirs)}")
        keys = {}
        for f, k in ((a, 0), (b, 1)):
            f.visititems(lambda n, o, k=k: keys.setdefault(n, [None, None]).__setitem__(k, o) if isinstance(o, h5py.Dataset) else None)
        for name, (mine, theirs) in sorted(keys.items()):
            if mine is None or theirs is None:
                faults.append(f"{name}: only {'in PyTorch' if mine is None else 'here'}")
                continue
            x, y = np.asarray(mine, np.float64), np.asarray(theirs, np.float64)
            if x.shape != y.shape:
                faults.append(f"{name}: shape {x.shape} against {y.shape}")
                continue
            finite = np.isfinite(y)
            if not np.array_equal(finite, np.isfinite(x)):
                faults.append(f"{name}: not finite in other places")
                continue
            scale = np.abs(y[finite]).max(initial=0.0)
            difference = np.abs(x[finite] - y[finite]).max(initial=0.0) / (scale if scale > 0 else 1.0)
            limit = tolerance(row, name, theirs.attrs.get("noise", 0.0))
            worst = max(worst, difference / limit)
            if difference > limit:
                faults.append(f"{name}: differs by {difference:.2e} (limit {limit:.1e})")
    return faults, worst


def last_line(path):
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "Error" in line.split(":")[0]), lines[-1] if lines else "?")


def main(table, ours, peer, *flags):
    with open(table, newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    sums, bad = {"equal": 0, "unequal": 0, "unsupported": 0}, 0
    for row in rows:
        mine, theirs = ((Path(d) / row["id"]) for d in (ours, peer))
        h5 = [p.with_name(p.name + ".h5") for p in (mine, theirs)]
        txt = [p.with_name(p.name + ".txt") for p in (mine, theirs)]
        detail = ""
        if not h5[1].exists():
            raised = txt[0].exists()
            verdict = "equal" if raised and row["status"] == "broken" else "unequal" if not raised else "unsupported"
            detail = "raises, as under PyTorch: " + last_line(txt[0]) if verdict == "equal" else \
                "PyTorch raises: " + (last_line(txt[1]) if txt[1].exists() else "it did not run")
        elif not h5[0].exists():
            verdict, detail = "unsupported", last_line(txt[0]) if txt[0].exists() else "it did not run"
        else:
            faults, worst = compare(row, *h5)
            verdict, detail = ("unequal", "; ".join(faults[:3])) if faults else ("equal", f"{worst:.3f} of the tolerance")
        sums[verdict] += 1
        expected = verdict == "equal" or (verdict == "unsupported" and row.get("unsupported"))
        bad += not expected
        if "--quiet" not in flags or not expected:
            print(f"{verdict}\t{row['id']}\t{detail}")
    print("\t".join(f"{v} {k}" for k, v in sums.items()))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
