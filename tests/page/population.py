"""A report of N designs, made up: the page of a real report with other data in it, for what a campaign of ten thousand does
to a browser. Usage: population.py REPORT.html N OUT.html"""

import json, math, random, sys

RUNGS = [
    ("14M", 13_000_000, 1 << 28),
    ("31M", 31_000_000, 1 << 29),
    ("70M", 70_000_000, 1 << 30),
    ("125M", 125_000_000, 1 << 31),
]
UNITS = [
    "PreNorm",
    "GatedMixer",
    "MultiHeadAttention",
    "GatedRecurrence",
    "SwiGLU",
    "Retention",
    "DeltaNet",
    "RMSNorm",
]
OPERATIONS = ["rebind", "graft", "argument", "wrap", "parallel", "crossover", "scratch"]
REASONS = [
    ("review", "duplicate"),
    ("review", "costs too much"),
    ("implement", "no attempt passed"),
    ("check", "causality"),
    ("check", "fit"),
    ("check", "gradient"),
    ("check", "learning"),
]


def population(n, draw):
    """Columns of designs, with a quality that children take from their parents."""
    quality, columns = [0.0, -0.02], {
        key: [] for key in ("name", "parents", "operation", "agent", "fate", "reason", "rung", "difference", "block")
    }
    a_generation = max(10, n // 40)
    for i in range(n):
        generation = 0 if i < 2 else 1 + (i - 2) // a_generation
        slot = i if i < 2 else (i - 2) % a_generation
        first = 0 if generation < 2 else 2 + (generation - 2) * a_generation
        known = range(max(0, first - 3 * a_generation), max(2, min(i, 2 + (generation - 1) * a_generation)))
        parents = (
            []
            if i < 2 or draw.random() < 0.01
            else sorted(
                {
                    max(draw.sample(known, min(2, len(known))), key=lambda k: quality[k])
                    for _ in range(1 + (draw.random() < 0.15))
                }
            )
        )
        if i >= 2:
            quality.append((quality[parents[0]] if parents else -0.1) + draw.gauss(-0.012, 0.02))
        refused = i >= 2 and draw.random() < 0.3
        stage, reason = draw.choice(REASONS) if refused else ("", "")
        rung = (
            -1
            if refused
            else min(3, int(-math.log(max(1e-9, draw.random()), 4)) if quality[i] < 0.03 else int(draw.random() * 4))
        )
        row = (
            f"g{generation:03d}-{slot:03d}",
            parents,
            "seed" if i < 2 else draw.choice(OPERATIONS),
            "genetic",
            "refused" if refused else "passed",
            f"{stage}: {reason}" if refused else "",
            rung,
            round(quality[i] + draw.gauss(0, 0.01), 4) if rung >= 0 else None,
            f"PreNorm(mixer={draw.choice(UNITS)}(rotary=Rotary), mlp={draw.choice(UNITS)}, norm=RMSNorm)",
        )
        for key, value in zip(columns, row):
            columns[key].append(value)
    return columns, quality


def standings(columns, quality, rung, draw):
    name, parameters, tokens = RUNGS[rung]
    rows = [i for i, top in enumerate(columns["rung"]) if top >= rung]
    found = sorted(((quality[i] + draw.gauss(0, 0.01), i) for i in rows), reverse=True)
    out = {
        key: []
        for key in (
            "design",
            "bits_per_byte",
            "half",
            "difference",
            "lower",
            "upper",
            "pairs",
            "seeds",
            "multiplier",
            "rates",
            "parameters",
            "tokens",
            "posterior",
            "confirmation",
            "p",
            "marks",
        )
    }
    for better, i in found:
        own = None if i == 0 else round(better, 5)
        values = (
            i,
            round(1.4 - 0.1 * rung - better, 5),
            own,
            own,
            own and round(better - 0.02, 5),
            own and round(better + 0.02, 5),
            2,
            2,
            1,
            3,
            parameters,
            tokens,
            own,
            own,
            None if i == 0 else round(draw.random(), 4),
            1 if i < 2 else 2 if rung == 3 and better >= found[5][0] else 4 if draw.random() < 0.05 else 0,
        )
        for key, value in zip(out, values):
            out[key].append(value)
    return {"rung": name, "rows": out, "claims": []}


def curve(draw, end):
    steps = sorted({int(1.11**k) for k in range(66)})
    loss = [round(7 - (7 - end) * math.log1p(s) / math.log1p(steps[-1]) + draw.gauss(0, 0.02), 4) for s in steps]
    return {"s": steps, "l": loss, "vs": steps[::4], "vb": [round(x / 2.7, 4) for x in loss[::4]]}


def experiment(n):
    draw = random.Random(1)
    columns, quality = population(n, draw)
    boards = [standings(columns, quality, rung, draw) for rung in range(4)]
    generations = sorted({int(name[1:4]) for name in columns["name"]} - {0})
    ladder = {
        "gates": {
            "proposed": n,
            "accepted": int(0.9 * n),
            "built": int(0.8 * n),
            "passed": sum(f == "passed" for f in columns["fate"]),
            "unfinished": 3,
        },
        "rungs": [
            {
                "name": name,
                "reference": "g000-000",
                "reference_name": "gpt2",
                "reference_bits_per_byte": 1.2,
                "parameters": p,
                "tokens": t,
                "steps": 512,
                "d_model": 512,
                "n_blocks": 8,
                "context": 2048,
                "vocabulary": 32000,
                "batch_tokens": 1 << 19,
                "learning_rate": 1e-3,
                "asked": len(b["rows"]["design"]),
                "trained": len(b["rows"]["design"]),
                "proposals": len(b["rows"]["design"]) - 2,
                "diverged": 3,
                "audits": 9,
                "confirmed": 1,
                "runs": 3 * len(b["rows"]["design"]),
                "flops": 6.0 * p * t * len(b["rows"]["design"]),
                "run_flops": 6.0 * p * t,
                "trained_tokens": t,
                "seconds": 1e6,
                "noise": 0.01,
                "noise_degrees": 4,
                "noise_source": "made up",
            }
            for (name, p, t), b in zip(RUNGS, boards)
        ],
    }
    pairs = []
    for rung in range(3):
        upper = dict(zip(boards[rung + 1]["rows"]["design"], boards[rung + 1]["rows"]["bits_per_byte"]))
        both = [
            (i, x, upper[i])
            for i, x in zip(boards[rung]["rows"]["design"], boards[rung]["rows"]["bits_per_byte"])
            if i in upper
        ]
        pairs.append(
            {
                "lower": RUNGS[rung][0],
                "upper": RUNGS[rung + 1][0],
                "n": len(both),
                "spearman": [0.8, 0.7, 0.9],
                "kendall": [0.6, 0.5, 0.7],
                "pairwise": [0.8, 0.75, 0.85],
                "lower_noise": 0.01,
                "upper_noise": 0.01,
                "designs": [b[0] for b in both],
                "x": [b[1] for b in both],
                "y": [b[2] for b in both],
            }
        )
    part = {
        "proposals": 250,
        "accepted": 230,
        "built": 210,
        "passed": 170,
        "trained": 170,
        "confirmed": 1,
        "attempts": 500,
        "units": 400,
        "tokens": 1e6,
        "dollars": 12.5,
        "seconds": 4e5,
        "flops": 1e18,
        "best": 0.1,
        "valid": [0.68, 0.63, 0.73],
    }
    curves = [
        {
            "rung": b["rung"],
            "batch_tokens": 1 << 19,
            "lines": [
                {
                    "design": i,
                    "multiplier": 1,
                    "flops_per_token": 6e7,
                    "seeds": [{**curve(draw, 3 - k / 20), "seed": seed} for seed in range(2)],
                }
                for k, i in enumerate(b["rows"]["design"][:12])
            ],
        }
        for b in boards
    ]
    reached = [i for i, top in enumerate(columns["rung"]) if top == 3][:24]
    fits = [
        {
            "design": i,
            "rungs": [r[0] for r in RUNGS],
            "flops": [6.0 * p * t for _, p, t in RUNGS],
            "bits": [1.4, 1.3, 1.2, 1.1],
            "errors": [0.01] * 4,
            "coefficient": 11.9,
            "exponent": 0.057,
            "error": 0.003,
            "residual": 0.004,
        }
        for i in reached
    ]
    fates = [
        {"generation": g, "passed": 170, "review": 30, "implement": 20, "check": 28, "unfinished": 2}
        for g in generations
    ]
    return {
        "format": 1,
        "experiment": {
            "name": f"made up, {n} designs",
            "hash": "0" * 16,
            "folder": "exp",
            "seed": 0,
            "agent": "genetic",
            "baselines": ["gpt2", "mamba2"],
            "learning_rates": [0.333, 1, 3],
            "seeds": 2,
            "baseline_seeds": 4,
            "upper_seeds": 1,
            "promote_share": 0.25,
            "audit_share": 0.05,
            "confidence": 0.9,
            "generations": generations[-1],
            "closed": generations[-1],
            "written": "2026-01-31T12:00:00Z",
            "watch": 0,
            "version": "made up",
            "faults": [],
        },
        "ladder": ladder,
        "designs": columns,
        "standings": boards,
        "curves": curves,
        "transfer": {"pairs": pairs, "fits": fits},
        "gate": {
            "refusals": [
                {"stage": s, "kind": k, "n": n // (9 + j), "examples": [5, 6]} for j, (s, k) in enumerate(REASONS)
            ],
            "generations": fates,
            "checks": [{"check": "causality", "n": n, "seconds": n * 0.3}],
            "canaries": {
                "scale": "14M",
                "cheats": 16,
                "caught": 16,
                "honest": 8,
                "recall": [1, 0.86, 1],
                "alarms": [0, 0, 0.25],
                "misses": [],
                "false_alarms": [],
                "seconds": 61,
            },
        },
        "agents": {
            "all": {**part, "proposals": n},
            "generations": [{**part, "generation": g} for g in generations],
            "operations": [{**part, "operation": o} for o in OPERATIONS],
            "stages": [
                {"stage": s, "n": n, "seconds": 1e5, "tokens": 1e8, "dollars": 500}
                for s in ("propose", "check", "pretrain")
            ],
        },
        "timeline": {
            "start": "2026-01-01T00:00:00Z",
            "width": 3600,
            "stages": {s: [draw.randint(0, 40000) for _ in range(96)] for s in ("check", "pretrain")},
            "done": {s: [9] * 96 for s in ("check", "pretrain")},
        },
        "designs_a_block": 32,
    }, draw


def design_pages(data, draw):
    for i, name in enumerate(data["designs"]["name"]):
        unit = f"{i % 256:02x}{i:014x}"
        runs = [
            {
                "run": f"14M-s{s}-lr1",
                "scale": "14M",
                "seed": s,
                "multiplier": 1,
                "result": None,
                "evaluation": None,
                "tasks": None,
                "curve": curve(draw, 3),
            }
            for s in range(3 if data["designs"]["rung"][i] >= 0 else 0)
        ]
        yield {
            "name": name,
            "origin": {
                "operation": data["designs"]["operation"][i],
                "agent": "genetic",
                "rationale": "made up " * 20,
                "where": "mixer",
            },
            "review": None,
            "implementation": None,
            "check": None,
            "tree": {"unit": unit, "slots": {"mixer": {"unit": unit}}},
            "runs": runs,
            "calls": [],
            "decisions": [],
            "commands": [f"bin/check exp/designs/{name}"],
            "proposal": "# Why\n\n" + "An argument of some length. " * 60,
            "probes": None,
        }


def main(report, n, out):
    data, draw = experiment(int(n))
    blocks, pages, units = {"data": data}, list(design_pages(data, draw)), {}
    for k in range(0, len(pages), 32):
        blocks[f"designs-{k // 32}"] = pages[k : k + 32]
    for i in range(len(pages)):
        name = f"{i % 256:02x}{i:014x}"
        units.setdefault(f"units-{name[:2]}", {})[name] = {
            "class": f"Unit{i}",
            "file": "",
            "source": f"class Unit{i}(nn.Module):\n" + "    x = x + self.mixer(x)\n" * 40,
        }
    blocks.update(units)
    text = "".join(
        f'<script type="application/json" id="{key}">{json.dumps(value, separators=(",", ":")).replace("<", chr(92) + "u003c")}</script>\n'
        for key, value in blocks.items()
    )
    with open(report, encoding="utf-8") as file:
        page = file.read()
    first, last = page.index('<script type="application/json"'), page.index("<!--\nD3 version")
    with open(out, "w", encoding="utf-8") as file:
        file.write(page[:first] + text + page[last:])


if __name__ == "__main__":
    main(*sys.argv[1:])
