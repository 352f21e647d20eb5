"""A pattern's tree to a program, and its run over a text."""
from re._parser import _MANY, _is_word, error

# What a program is made of: (operation, argument, argument).
_CHAR, _ANY, _SET, _SPLIT, _JUMP, _SAVE, _AT, _LOOK, _BACK, _MARK, _MOVED, _REPEAT, _MATCH = range(13)


def _widths(tree):
    """How many characters it takes: least and most."""
    kind = tree[0]
    if kind in ("char", "any", "set"):
        return 1, 1
    if kind in ("at", "look"):
        return 0, 0
    if kind == "group":
        return _widths(tree[2])
    if kind == "back":
        return 0, _MANY
    if kind == "repeat":
        least, most = _widths(tree[4])
        return tree[1] * least, min(tree[2] * most, _MANY)
    each = [_widths(part) for part in tree[1]]
    leasts, mosts = [w[0] for w in each], [w[1] for w in each]
    return (sum(leasts), sum(mosts)) if kind == "cat" else (min(leasts), max(mosts))


def _fixed_width(tree):
    least, most = _widths(tree)
    if least != most:
        raise error("look-behind requires fixed-width pattern")
    return least


class _Compiler:
    def __init__(self):
        self.code, self.marks = [], 0

    def add(self, *instruction):
        self.code.append(instruction)
        if len(self.code) > 100000:
            raise error("pattern too large")
        return len(self.code) - 1

    def emit(self, tree):
        kind = tree[0]
        if kind == "char":
            self.add(_CHAR, tree[1], tree[2])
        elif kind == "any":
            self.add(_ANY, tree[1])
        elif kind == "set":
            self.add(_SET, tree[1])
        elif kind == "at":
            self.add(_AT, tree[1])
        elif kind == "back":
            self.add(_BACK, tree[1], tree[2])
        elif kind == "cat":
            for part in tree[1]:
                self.emit(part)
        elif kind == "group":
            self.add(_SAVE, 2 * tree[1])
            self.emit(tree[2])
            self.add(_SAVE, 2 * tree[1] + 1)
        elif kind == "alt":
            ends = []
            for part in tree[1][:-1]:
                split = self.add(_SPLIT, 0, 0)
                self.emit(part)
                ends.append(self.add(_JUMP, 0))
                self.code[split] = (_SPLIT, split + 1, len(self.code))
            self.emit(tree[1][-1])
            for end in ends:
                self.code[end] = (_JUMP, len(self.code))
        elif kind == "look":
            look = self.add(_LOOK)
            self.emit(tree[3])
            self.add(_MATCH)
            self.code[look] = (_LOOK, 0 if tree[1] else _fixed_width(tree[3]), tree[2], len(self.code))
        else:
            self.repeat(*tree[1:])

    def repeat(self, least, most, lazy, body):
        if body[0] in ("char", "any", "set") and not lazy:
            self.add(_REPEAT, least, most, body)  # the usual case, without an entry on the stack for each character
            return
        for _ in range(least):
            self.emit(body)
        order = (lambda into, past: (_SPLIT, past, into)) if lazy else (lambda into, past: (_SPLIT, into, past))
        checked = _widths(body)[0] == 0  # a round that takes nothing is the last
        mark = self.marks
        self.marks += checked
        splits, ends = [], []
        for _ in range(1 if most == _MANY else most - least):
            splits.append(self.add(_SPLIT, 0, 0))
            if checked:
                self.add(_MARK, mark)
            self.emit(body)
            if checked:
                self.add(_MOVED, mark, len(self.code) + 2)
                ends.append(self.add(_JUMP, 0))
        if most == _MANY:
            self.add(_JUMP, splits[0])
        for split in splits:
            self.code[split] = order(split + 1, len(self.code))
        for end in ends:
            self.code[end] = (_JUMP, len(self.code))


def _takes(body, c):
    if body[0] == "char":
        return c.lower() == body[1] if body[2] else c == body[1]
    if body[0] == "any":
        return body[1] or c != "\n"
    return body[1].has(c)


def _holds(what, text, at, end):
    if what == "begin":
        return at == 0
    if what == "line":
        return at == 0 or text[at - 1] == "\n"
    if what == "very end":
        return at == end
    if what == "end":
        return at == end or (at == end - 1 and text[at] == "\n")
    if what == "line end":
        return at == end or text[at] == "\n"
    if not text:
        return False
    before = at > 0 and _is_word(text[at - 1])
    return (before != (at < end and _is_word(text[at]))) == (what == "boundary")


def _run(code, pc, text, at, end, saved, marks, whole):
    """Where the match ends and what the groups took, with the group that was closed last; None if there is no match."""
    stack = []
    while True:
        op = code[pc]
        kind = op[0]
        fails = False
        if kind == _CHAR:
            if at < end and (text[at].lower() if op[2] else text[at]) == op[1]:
                at, pc = at + 1, pc + 1
            else:
                fails = True
        elif kind == _SET or kind == _ANY:
            if at < end and (op[1].has(text[at]) if kind == _SET else op[1] or text[at] != "\n"):
                at, pc = at + 1, pc + 1
            else:
                fails = True
        elif kind == _REPEAT:
            least, most, body = op[1:]
            reach = at
            while reach < end and reach - at < most and _takes(body, text[reach]):
                reach += 1
            if reach - at < least:
                fails = True
            else:
                if reach - at > least:
                    stack.append((-1, pc + 1, reach - 1, at + least, saved, marks))
                at, pc = reach, pc + 1
        elif kind == _SPLIT:
            stack.append((op[2], 0, at, 0, saved, marks))
            pc = op[1]
        elif kind == _JUMP:
            pc = op[1]
        elif kind == _SAVE:
            saved = saved[:op[1]] + (at,) + saved[op[1] + 1:-1] + (op[1] // 2 if op[1] % 2 else saved[-1],)
            pc += 1
        elif kind == _MARK:
            marks = marks[:op[1]] + (at,) + marks[op[1] + 1:]
            pc += 1
        elif kind == _MOVED:
            pc = op[2] if marks[op[1]] != at else pc + 1
        elif kind == _AT:
            if _holds(op[1], text, at, end):
                pc += 1
            else:
                fails = True
        elif kind == _LOOK:
            found = _run(code, pc + 1, text, at - op[1], end, saved, marks, False) if at >= op[1] else None
            if (found is None) == op[2]:
                if found is not None:
                    saved = found[1]
                pc = op[3]
            else:
                fails = True
        elif kind == _BACK:
            start, stop = saved[2 * op[1]], saved[2 * op[1] + 1]
            piece = text[at:at + stop - start] if start >= 0 and stop >= 0 else None
            taken = None if piece is None else text[start:stop]
            if piece is None or at + stop - start > end or (piece.lower() != taken.lower() if op[2] else piece != taken):
                fails = True
            else:
                at, pc = at + stop - start, pc + 1
        elif not whole or at == end:
            return at, saved
        else:
            fails = True
        if fails:
            if not stack:
                return None
            pc, after, at, low, saved, marks = stack.pop()
            if pc < 0:  # a run of characters gives one back
                if at > low:
                    stack.append((-1, after, at - 1, low, saved, marks))
                pc = after
