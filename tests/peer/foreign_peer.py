"""The loops of tests/unit/foreign against the packages that the prelude stands for, as far as they are installed:
foreign_peer.py [NAME…]. Triton's kernels run in its interpreter. Ends non-zero if one differs; what cannot run is skipped."""
import os
import sys
import traceback
import types
import warnings
from pathlib import Path

os.environ["TRITON_INTERPRET"] = "1"
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")  # the packages' torch.compile would want a compiler
warnings.filterwarnings("ignore")
root = Path(__file__).resolve().parents[2]


def without_tuning():
    """Triton's kernels with their first configuration: to time them would want a device."""
    try:
        import triton.runtime.autotuner as tuner
    except ImportError:
        return

    def run(self, *args, **kwargs):
        hints = ("num_warps", "num_stages", "num_ctas", "maxnreg")
        chosen = {k: v for k, v in self.configs[0].all_kwargs().items() if k not in hints}
        return self.fn.run(*args, **{**kwargs, **chosen})

    tuner.Autotuner.run = run
    try:
        import fla.ops.utils.cache as cache
        cache.CachedAutotuner.run = run
    except (ImportError, AttributeError):
        pass


def sources():
    """GRADUS_FOREIGN_SOURCES: unpacked source packages whose import wants CUDA, as a path; their modules that are plain
    PyTorch are imported below empty packages."""
    for folder in filter(None, os.environ.get("GRADUS_FOREIGN_SOURCES", "").split(":")):
        for package in Path(folder).iterdir():
            if not (package / "__init__.py").exists():
                continue
            for inner in [package, *(p for p in package.rglob("*") if p.is_dir())]:
                name = ".".join(inner.relative_to(package.parent).parts)
                module = types.ModuleType(name)
                module.__path__ = [str(inner)]
                sys.modules.setdefault(name, module)


def main(wanted):
    without_tuning()
    sources()
    tools = (root / "tests/unit/foreign/tools.py").read_text()
    counts = {"ok": 0, "skipped": 0, "FAILED": 0}
    for path in sorted((root / "tests/unit/foreign").glob("*.py")):
        if path.name == "tools.py":
            continue
        namespace = {"__name__": "unit"}
        exec(compile(tools, "tools.py", "exec"), namespace)
        exec(compile(path.read_text(), str(path), "exec"), namespace)
        for name, check in list(namespace.items()):
            if not name.startswith("check_") or (wanted and name not in wanted):
                continue
            try:
                check()
                verdict, why = "ok", ""
            except namespace["Different"] as e:
                verdict, why = "FAILED", f"  {e}"
            except Exception as e:
                verdict, why = "skipped", f"  {type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"[:150]
                if wanted:
                    traceback.print_exc()
            counts[verdict] += 1
            print(f"{verdict:8}{path.stem}.{name[6:]}{why}", flush=True)
    print(", ".join(f"{n} {k}" for k, n in counts.items()))
    return 1 if counts["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
