"""The loops of tests/unit/foreign against the packages that the prelude stands for, as far as they are installed:
foreign_peer.py [NAME…]. Triton's kernels run in its interpreter. Ends non-zero if one differs; what cannot
run is skipped."""

import contextlib
import importlib.util
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
        self.best_config = self.configs[0]
        hints = ("num_warps", "num_stages", "num_ctas", "maxnreg")
        chosen = {k: v for k, v in self.configs[0].all_kwargs().items() if k not in hints}
        if self.configs[0].pre_hook is not None:  # it clears what the kernel adds to
            self.configs[0].pre_hook({**dict(zip(self.arg_names, args)), **kwargs, **chosen})
        return self.fn.run(*args, **{**kwargs, **chosen})

    tuner.Autotuner.run = run
    try:
        import fla.ops.utils.cache as cache

        cache.CachedAutotuner.run = run
    except (ImportError, AttributeError):
        pass


def hollow(package):
    """The package and those inside it empty, so that each of its modules can be imported by itself."""
    for inner in [package, *(p for p in package.rglob("*") if p.is_dir())]:
        name = ".".join(inner.relative_to(package.parent).parts)
        module = types.ModuleType(name)
        module.__path__ = [str(inner)]
        sys.modules.setdefault(name, module)


def sources():
    """GRADUS_FOREIGN_SOURCES: unpacked source packages whose import wants CUDA, as a path."""
    for folder in filter(None, os.environ.get("GRADUS_FOREIGN_SOURCES", "").split(":")):
        for package in Path(folder).iterdir():
            if (package / "__init__.py").exists():
                hollow(package)
    torchtune = importlib.util.find_spec("torchtune")
    if torchtune is not None:
        hollow(Path(torchtune.origin).parent)
    import torch.utils.checkpoint

    torch.utils.checkpoint.checkpoint = lambda function, *args, **options: function(*args)
    for name in ("causal_conv1d_cuda", "selective_scan_cuda"):
        sys.modules.setdefault(name, types.ModuleType(name))
    torch.cuda.device = lambda *_: contextlib.nullcontext()
    torch.cuda.get_device_properties = lambda *_: types.SimpleNamespace(multi_processor_count=1)
    try:  # the packages' own references in place of what is compiled
        import causal_conv1d
        import causal_conv1d.causal_conv1d_interface as interface

        causal_conv1d.causal_conv1d_fn, causal_conv1d.causal_conv1d_update = (
            interface.causal_conv1d_ref, interface.causal_conv1d_update_ref)
        import mamba_ssm.ops.selective_scan_interface as scan

        scan.causal_conv1d_fn = interface.causal_conv1d_ref
        scan.selective_scan_fn, scan.mamba_inner_fn = scan.selective_scan_ref, scan.mamba_inner_ref
    except ImportError:
        pass


def main(wanted):
    sources()
    without_tuning()
    tools = (root / "tests/unit/foreign/tools.py").read_text()
    counts = {"ok": 0, "skipped": 0, "FAILED": 0}
    for path in sorted((root / "tests/unit/foreign").glob("*.py")):
        if path.name == "tools.py":
            continue
        namespace = {"__name__": "unit"}
        exec(compile(tools, "tools.py", "exec"), namespace)
        exec(compile(path.read_text(), str(path), "exec"), namespace)
        for name, check in list(namespace.items()):
            ours = name.startswith("check_here_")  # what the packages have no longer
            if not name.startswith("check_") or ours or (wanted and name not in wanted):
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
