"""Statistics of agreement by scipy, for tests/ladder/agreement_test.cpp: python agreement_cases.py > ../ladder/agreement.tsv

Rows: correlation NAME x,… y,… pearson spearman kendall_tau_b      share NAME k n confidence lower upper
      best NAME mean,… sd,… P(best of independent normals),…     improvement NAME mean sd best E[max(x - best, 0)]
"""
import numpy as np
from scipy import integrate, stats

rng = np.random.default_rng(11)


def text(values):
    return ",".join(repr(float(v)) for v in values)


def correlation(name, x, y):
    print("correlation", name, text(x), text(y), repr(float(stats.pearsonr(x, y)[0])),
          repr(float(stats.spearmanr(x, y)[0])), repr(float(stats.kendalltau(x, y)[0])), sep="\t")


print("# made by tests/peer/agreement_cases.py with scipy")
for n in (3, 5, 12, 40, 200):
    x = rng.normal(size=n)
    correlation(f"plain{n}", x, 0.6 * x + rng.normal(size=n))
    correlation(f"ties{n}", np.round(x), np.round(rng.normal(size=n) + x))
    correlation(f"few{n}", np.sign(x) + (np.arange(n) == 0), np.round(2 * (x - rng.normal(size=n))) / 4 + (np.arange(n) == 1))
    correlation(f"cauchy{n}", rng.standard_cauchy(n), rng.standard_cauchy(n))
correlation("opposed", np.arange(7.0), -np.arange(7.0) ** 3)
for k, n in ((0, 10), (1, 20), (5, 7), (20, 20), (3, 200)):
    for confidence in (0.9, 0.95):
        low, high = stats.binomtest(k, n).proportion_ci(confidence, "exact")
        print("share", f"{k}of{n}", k, n, confidence, repr(float(low)), repr(float(high)), sep="\t")
for n in (2, 3, 8):
    mean, sd = rng.normal(size=n), rng.uniform(0.2, 1.5, size=n)
    best = [integrate.quad(lambda x, i=i: stats.norm.pdf(x, mean[i], sd[i]) * np.prod(
        [stats.norm.cdf(x, mean[j], sd[j]) for j in range(n) if j != i]), -12, 12, epsabs=1e-12, limit=400)[0] for i in range(n)]
    print("best", f"normals{n}", text(mean), text(sd), text(best), sep="\t")
for mean, sd, best in ((0.1, 0.2, 0.15), (-0.5, 0.1, 0.0), (0.3, 0.05, 0.0)):
    gain = integrate.quad(lambda x: (x - best) * stats.norm.pdf(x, mean, sd), best, mean + 12 * sd, epsabs=1e-14)[0] if mean + 12 * sd > best else 0.0
    print("improvement", "normal", mean, sd, best, repr(float(gain)), sep="\t")
