"""The two histograms that check.leak_tolerance must separate: what honest blocks show, and leaks of strength 1e-3.

Usage: python3 tests/check/histogram.py [DRAWS [STRENGTH]]    (GRADUS_BIN: the folder of check_driver)
Five honest models, an FFT convolution, and ten leaks added to an honest block's output at STRENGTH (1e-3); each with DRAWS (8)
draws of weights and inputs. Prints a bar a decade of the largest relative difference that the fast tier finds, and how many of
the leaks are above the tolerance.
"""
import math
import os
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
driver = pathlib.Path(os.environ.get("GRADUS_BIN", root / "build/bin")) / "check_driver"
draws = sys.argv[1] if len(sys.argv) > 1 else "8"
strength = sys.argv[2] if len(sys.argv) > 2 else "1e-3"
HONEST = ["softmax_attention", "linear_attention_chunked", "real_gated_unit", "gated_short_convolution",
          "causal_capacity_experts", "zero_padded_fft_convolution"]
LEAKS = {"mean": "y.mean(1, True)", "mean of squares": "y.pow(2).mean(1, True)", "largest": "y.abs().amax(1, True)",
         "next": "y.roll(-1, 1)", "reversed": "y.flip(1)", "sorted": "y.sort(1).values",
         "circular": "torch.fft.irfft(torch.fft.rfft(y, dim=1) ** 2, n=y.shape[1], dim=1)", "length": "y / y.shape[1]",
         "sign of the next": "y.roll(-1, 1).sign()", "one position": "F.pad(y[:, 41:42], (0, 0, 40, y.shape[1] - 41))"
                                                                     " if y.shape[1] > 41 else 0 * y"}


def sizes(source):
    with tempfile.NamedTemporaryFile("w", suffix=".py") as f:
        f.write(source)
        f.flush()
        out = subprocess.run([driver, "leaks", f.name, draws], stdout=subprocess.PIPE, text=True, check=True,
                             env={**os.environ, "OMP_NUM_THREADS": "1"}).stdout
    return [float(line) for line in out.split()]


def decade(x):
    return -18 if x <= 1e-18 else min(2, math.floor(math.log10(x))) if math.isfinite(x) else 2


def leaky(source, leak):
    head, _, tail = source.rpartition("    def forward(")
    return ("import torch\nimport torch.nn.functional as F\n" + head + "    def _honest(" + tail + "\n    def forward(self, x):\n        y = self._honest(x)\n"
            f"        return y + {strength} * ({leak})\n")


folder = root / "data/canaries/honest"
groups = {"honest": {name: sizes((folder / f"{name}.py").read_text()) for name in HONEST}}
base = (folder / "gated_short_convolution.py").read_text()
LEAKY = f"leaks of strength {strength}"
groups[LEAKY] = {name: sizes(leaky(base, leak)) for name, leak in LEAKS.items()}
for title, found in groups.items():
    print(f"\n{title}")
    for name, values in found.items():
        print(f"  {name:28} {min(values):.1e} … {max(values):.1e}")
    all_values = [v for values in found.values() for v in values]
    for d in range(min(map(decade, all_values)), max(map(decade, all_values)) + 1):
        n = sum(decade(v) == d for v in all_values)
        print(f"  1e{d:+03d}  {'#' * n} {n or ''}")
honest = max(v for values in groups["honest"].values() for v in values)
leaks = [v for values in groups[LEAKY].values() for v in values]
caught = sum(v > 1e-9 for v in leaks)
print(f"\nlargest honest {honest:.1e}, smallest leak {min(leaks):.1e}, check.leak_tolerance 1e-09")
print(f"{caught} of {len(leaks)} leaks caught"
      + (f": with 95 % confidence at least {0.05 ** (1 / caught):.4f} of such" if caught == len(leaks) else ""))
sys.exit(not (honest < 1e-9 and caught == len(leaks)))
