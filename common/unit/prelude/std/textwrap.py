def _leading(line):
    return line[:len(line) - len(line.lstrip())]


def dedent(text):
    lines = [line if line.strip() else "" for line in text.split("\n")]
    margin = None
    for line in lines:
        if not line:
            continue
        lead = _leading(line)
        if margin is None:
            margin = lead
        while not lead.startswith(margin):
            margin = margin[:-1]
    return "\n".join([line[len(margin):] if line and margin else line for line in lines])


def indent(text, prefix, predicate=None):
    keep = predicate or (lambda line: line.strip())
    return "".join([prefix + line if keep(line) else line for line in text.splitlines(True)])


def wrap(text, width=70, **options):
    lines = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def fill(text, width=70, **options):
    return "\n".join(wrap(text, width))


def shorten(text, width, placeholder=" [...]", **options):
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    kept = ""
    for word in text.split():
        grown = word if not kept else kept + " " + word
        if len(grown) + len(placeholder) > width:
            break
        kept = grown
    return (kept + placeholder).strip()
