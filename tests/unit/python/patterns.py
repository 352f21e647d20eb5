# %% matching
import re
def show(m): return m and (m.span(), m.group(), m.groups(), m.groupdict(), m.lastindex, m.lastgroup)
print(show(re.match(r"(?P<key>\w+)\s*=\s*(?P<value>\d+)?", "width = 32")), show(re.match("b", "ab")), show(re.search("b+", "abbb")))
print(show(re.fullmatch(r"layers\.(\d+)\.(weight|bias)", "layers.11.bias")), show(re.fullmatch("a|ab", "ab")), show(re.fullmatch("a", "ab")))
print(re.findall(r"\d+", "a1b22c333"), re.findall(r"(\w)(\d)?", "a1b"), re.findall(r"(a)|b", "ab"), re.findall("", "ab"), re.findall("x*", "axb"))
print([m.span() for m in re.finditer(r"\b|\w+", "ab cd")], re.split(r"[,;]\s*", "a, b;c"), re.split(r"(\d)", "a1b2", 1), re.split("x*", "axb"))
print(re.sub(r"(\w+) (\w+)", r"\2 \g<1>!", "hello world"), re.sub("a", lambda m: str(m.start()), "banana"), re.subn("a", "", "banana", 2), re.sub("x*", "-", "abxd"), re.sub("(?<=a)", "_", "aba"))
print(re.sub(r"(?<!^)(?=[A-Z])", "_", "GatedLinearUnit").lower(), re.sub(r"\.(\d+)\.", r"[\1].", "h.0.w"), re.escape("a.b*c"))
m = re.match(r"(a)(b)?", "ac")
print(m[0], m[1], m[2], m.group(0, 1, 2), m.groups("-"), m.start(2), m.end(1), m.re.groups, m.string, m.pos, m.endpos, m.expand(r"<\1\2>"), m)
p = re.compile(r"(?P<a>x)|(?P<b>y)", re.I)
print(p.pattern, dict(p.groupindex), p.groups, [m.lastgroup for m in p.finditer("xYz")], p.match("aX", 1).span(), p.search("xxY", 2).span(), p.findall("xyX", 0, 2), re.compile(p) is p)
# %% what patterns say
import re
cases = [("a{2,3}", "aaaa"), ("a{2,3}?", "aaaa"), ("a{,2}b", "aab"), ("a{x}", "a{x}"), ("(?:ab)+", "ababa"), ("(a*)*b", "aab"), ("(a|b*)*", "ab"),
         ("^a$", "a\n"), (r"^a\Z", "a\n"), ("(?m)^b$", "a\nb\n"), (".", "\n"), ("(?s).", "\n"), ("(?i)ABC", "aBc"), ("(?i:a)b", "Ab"), ("(?i:a)b", "AB"), ("(?x) a  b # c", "ab"),
         ("[^a-c]", "d"), ("[]a]", "]"), ("[a-]", "-"), (r"[\d\-x]+", "1-x"), (r"[\W]", "_ "), (r"\bfoo\b", "a foo b"), (r"\Bo", "foo"), (r"(\w)\1", "abb"), ("(?P<q>['\"]).*?(?P=q)", "x 'a' \"b\""),
         ("a(?=b)", "ab"), ("a(?!b)", "abac"), ("(?<=a)b", "ab"), ("(?<!a)b", "abb"), ("(?<=(?:ab|cd))e", "cde"), (r"\x41\u0042\n", "AB\n"), ("(?#note)a", "a"), ("a|b|", "c"), ("(a)|(b)", "b"),
         ("(?a)\\w+", "aé"), (r"\w+", "aé_1"), ("(?i)é", "é"), (r"(a+|b)*?c", "aabc"), (r"((a)|b)+", "ab"), ("(?:a?)*?b", "ab"), ("(a?)*", "aa"), (r"\.\*\\", ".*\\")]
for p, s in cases:
    m = re.search(p, s)
    print(p, m and (m.span(), m.groups()))
# %% what is no pattern
import re
for p in ["(", ")", "a)", "[a", "*a", "a**", "a{3,2}", "(?P<1>a)", "(?P<a>x)(?P<a>y)", "(?P=b)", r"\1", r"(\1)", r"\q", "\\", "[b-a]", r"[\d-z]", "(?<=a*)b", "(?z)", "a(?i)b", "{2}", "(?P<n", "(?#a", r"\x1", "^*"]:
    try: re.compile(p); print(p, "fine")
    except re.error as e: print(p, e, e.pos, e.msg)
try: re.sub("a", r"\2", "a")
except re.error as e: print(e)
try: re.match("a", "a").group(1)
except IndexError as e: print(e)
try: re.match("a", 3)
except TypeError as e: print(e)
# %% long texts
import re
text = "layer.%d.weight " * 300 % tuple(range(300))
print(len(re.findall(r"layer\.(\d+)\.weight", text)), re.sub(r"\d+", "#", text)[:32], len(re.split(r"\s+", text)), re.fullmatch(r"(?:layer\.\d+\.weight )*", text).span())
print(re.match("(?:a|b)*c", "ab" * 1000 + "c").end(), re.match("a*a*a*b", "a" * 30))
