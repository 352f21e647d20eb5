"""The template engine against Jinja2: expressions drawn from a grammar, and templates with blocks, over one set of
values.

Usage: template_peer.py base_driver [COUNT]
What both render must be the same text. The engine is stricter than Python about types (`'x' | int` is refused, not 0),
so it may refuse up to a tenth of what Jinja2 renders of these drawn at random. Not drawn: tojson (no escapes for HTML
here), an `if` without `else` in an expression (empty here), tuples (lists here).
"""
import copy
import json
import random
import subprocess
import sys

from jinja2 import BaseLoader, Environment, StrictUndefined

VALUES = {
    "name": "Ada",
    "n": 3,
    "z": 0,
    "x": 0.5,
    "yes": True,
    "no": None,
    "text": " Some Text, it's. ",
    "wide": "Été ünï",
    "list": ["a", "b", "c"],
    "numbers": [3, 1, 2],
    "empty": [],
    "blank": "",
    "lines": "a\nb\n\nc",
    "sub": {"key": "v", "rows": [{"t": 1, "s": "q"}, {"t": 2, "s": "p"}]},
}
TEXTS = [
    "name",
    "text",
    "wide",
    "blank",
    "lines",
    "sub.key",
    "sub['key']",
    "list[0]",
    "list[-1]",
    "'lit eral'",
    '"it\'s"',
]
LISTS = ["list", "empty", "numbers", "[1, 2.5]", "sub.rows", "[name, 'x']", "text.split()", "text.split(' ')"]
NUMBERS = ["n", "z", "x", "1", "2", "7", "2.25", "numbers[1]", "list|length"]
OTHERS = ["yes", "no", "true", "missing", "sub.missing", "list[9]", "sub"]
FILTERS = [
    "trim",
    "lower",
    "upper",
    "capitalize",
    "title",
    "replace('e', 'EE')",
    "replace('t', 'x', 1)",
    "length",
    "string",
    "default('d')",
    "default('d', true)",
    "first",
    "last",
    "join('-')",
    "join",
    "list",
    "reverse|list",
    "sort",
    "unique|list",
    "map('upper')|list",
    "int",
    "float",
    "abs",
    "round",
    "round(1)",
    "round(1, 'floor')",
    "wordcount",
    "indent(2)",
    "indent(1, true)",
    "sum",
    "min",
    "max",
    "map(attribute='t')|list",
    "selectattr('t', 'gt', 1)|list",
    "reject('in', ['a'])|list",
    "batch(2)|list",
    "sort(reverse=true)",
    "sort(attribute='s')",
    "join(', ', attribute='s')",
    "dictsort",
    "items|list",
    "upr",
    "trim('. ')",
]
METHODS = [
    "strip()",
    "lower()",
    "upper()",
    "split()",
    "split(',')",
    "rstrip('. ')",
    "lstrip()",
    "startswith('A')",
    "endswith('.')",
    "replace('e', '_')",
    "capitalize()",
    "title()",
    "splitlines()",
    "find('e')",
    "count('e')",
    "items()|list",
    "keys()|list",
    "get('key')",
]
TESTS = [
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "mapping",
    "sequence",
    "odd",
    "even",
    "divisibleby 2",
    "in ['a', 3]",
    "true",
    "not none",
    "not defined",
    "eq(3)",
    "lt 2",
    "nosuch",
]
SLICES = ["[1:]", "[:-1]", "[::-1]", "[:2]", "[-2:]", "[0]", "[-1]", "[5:]", "[3:0:-2]"]
BINARY = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">=", "and", "or", "in", "not in"]


def expression(draw, depth):
    if depth == 0 or draw.random() < 0.15:
        return draw.choice(draw.choice([TEXTS, TEXTS, LISTS, NUMBERS, NUMBERS, OTHERS]))
    inner = lambda: expression(draw, depth - 1)
    kind = draw.randrange(9)
    if kind == 0:
        return f"({inner()})|{draw.choice(FILTERS)}"
    if kind == 1:
        return f"{draw.choice(TEXTS + LISTS + NUMBERS)}|{draw.choice(FILTERS)}"
    if kind == 2:
        return f"{draw.choice(TEXTS)}.{draw.choice(METHODS)}"
    if kind == 3:
        return f"({inner()}){draw.choice(SLICES)}"
    if kind == 4:
        return f"({inner()}) is {draw.choice(TESTS)}"
    if kind == 5:
        return f"{inner()} if {inner()} else {inner()}"
    if kind == 6:
        return f"not {inner()}" if draw.random() < 0.3 else f"-{draw.choice(NUMBERS)}"
    if kind == 7:
        a, b, c = (draw.choice(NUMBERS) for _ in range(3))
        return f"{a} {draw.choice(BINARY)} {b} {draw.choice(BINARY)} {c}"
    # Jinja2's -2 ** 2 is 4, but -4 in a variable.
    return f"{inner()} {draw.choice([b for b in BINARY if b != '**'])} {inner()}"


def template(draw, depth=2):
    text = draw.choice(["", " ", "a\n", " \n b ", "{", "}}", "% x"])
    dash = lambda: draw.choice(["", "", "-"])
    inside = template(draw, depth - 1) if depth else f"{{{{ {expression(draw, 1)} }}}}"
    kind = draw.randrange(7)
    if kind == 0:
        return (
            text
            + f"{{%{dash()} if {expression(draw, 1)} {dash()}%}} {inside} {{%{dash()} elif n > 2 %}}e"
            + f"{{% else {dash()}%}} o\n{{% endif {dash()}%}} "
        )
    if kind == 1:
        body = "{{ i }}{{ loop.index }}{{ loop.last }}{{ loop.revindex0 }}"
        return (
            text
            + f"{{% for i in {draw.choice(LISTS)} {dash()}%}} {body} {inside} {{%{dash()} else %}}none{{% endfor %}}"
        )
    if kind == 2:
        return text + f"{{% for i in {draw.choice(LISTS)} if i {dash()}%}}{{{{ i }}}},{{% endfor {dash()}%}}\n"
    if kind == 3:
        return text + f"{{% set q = {expression(draw, 1)} {dash()}%}}\n{{{{ q }}}}{inside}"
    if kind == 4:
        return text + f"{{% set q {dash()}%}} {inside} {{%{dash()} endset %}}[{{{{ q }}}}]\n"
    if kind == 5:
        return text + "{# note -#}\n" + inside + "{% raw %}{{ x }}{% endraw %}\n\n"
    return (
        text
        + f"{{% set s = namespace(k=0) %}}{{% for i in numbers %}}{{% set s.k = s.k + i %}}{{% endfor %}}"
        + f"{{{{ s.k }}}}{inside}"
    )


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 6000
    draw = random.Random(1)
    tasks = [f"{{{{ {expression(draw, 2)} }}}}" if i % 4 else template(draw) for i in range(count)]
    environment = Environment(loader=BaseLoader(), undefined=StrictUndefined)
    lines = "".join(json.dumps([t, VALUES]) + "\n" for t in tasks)
    ours = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    same = strict = 0
    faults = []
    for task, line in zip(tasks, ours):
        got = json.loads(line)
        try:
            want = environment.from_string(task).render(copy.deepcopy(VALUES))  # a filter may change a list
        except Exception:  # whatever Python raises
            continue
        if "<generator" in want or "<built-in" in want or "(" in want or " object" in want or "Undefined" in want:
            continue  # Python's own objects and tuples
        same += got == want
        strict += got is None
        if got is not None and got != want:
            faults.append(f"{task!r}\n    ours {got!r}\n    want {want!r}")
    for fault in faults[:20]:
        print(fault)
    print(f"templates: {same} render as Jinja2 does, {strict} are refused here alone, {len(faults)} differ")
    return 1 if faults or same < count // 4 or strict > count // 10 else 0


if __name__ == "__main__":
    sys.exit(main())
