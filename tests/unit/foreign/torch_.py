# What of torch itself is Python: distributions, attention as a function, connectionist temporal classification.
from torch import distributions as D


def _continuous():
    t = torch.tensor
    return [
        (D.Normal(t([0.3, -1.0]), t([0.7, 1.5])), -12.0, 12.0), (D.Uniform(t([-1.0, 0.0]), t([2.0, 0.5])), -1.0, 2.0),
        (D.Laplace(t([0.5]), t([0.6])), -15.0, 15.0), (D.Exponential(t([0.8, 2.0])), 0.0, 40.0), (D.Gamma(t([2.5, 4.0]), t([1.5, 0.9])), 0.0, 60.0),
        (D.Chi2(t([5.0])), 0.0, 90.0), (D.Beta(t([2.0, 3.5]), t([1.5, 4.0])), 0.0, 1.0), (D.StudentT(t([9.0]), t([0.5]), t([0.8])), -60.0, 60.0),
        (D.LogNormal(t([0.1]), t([0.4])), 0.0, 30.0), (D.HalfNormal(t([1.3])), 0.0, 15.0), (D.Gumbel(t([0.2]), t([0.7])), -8.0, 25.0),
        (D.Weibull(t([1.2]), t([2.5])), 0.0, 8.0), (D.Pareto(t([1.5]), t([7.0])), 1.5, 90.0)]


def _integral(f, low, high, n=200001):
    x = torch.linspace(low, high, n, dtype=torch.float64)
    x = (x[1:] + x[:-1]) / 2
    return (f(x[:, None].float()).double() * ((high - low) / (n - 1))).sum(0).float()


def check_densities_have_their_moments():
    for d, low, high in _continuous():
        name = type(d).__name__
        density = lambda x: d.log_prob(x).exp()
        ones = torch.ones(d.batch_shape)
        if name == "Uniform":
            d, density = D.Uniform(d.low, d.high, validate_args=False), lambda x: d.log_prob(x).exp()
        close(_integral(density, low, high), ones, name, 1e-3)
        mean = _integral(lambda x: x * density(x), low, high)
        close(mean, d.mean, name + ".mean", 1e-3)
        close(_integral(lambda x: (x - mean) ** 2 * density(x), low, high), d.variance, name + ".variance", 2e-3)
        close(d.stddev, d.variance.sqrt(), name + ".stddev", 1e-5)
        surprise = lambda x: torch.where(density(x) > 0, -d.log_prob(x) * density(x), 0.0)
        close(_integral(surprise, low, high), d.entropy(), name + ".entropy", 1e-3)


def check_densities_reach_their_quantiles():
    for d, low, high in _continuous():
        if isinstance(d, (D.Beta, D.StudentT)):
            continue  # without a cdf
        name = type(d).__name__
        at = d.mean + 0.1 * d.stddev
        below = torch.stack([_integral(lambda x: d.log_prob(x).exp()[..., k:k + 1], low, float(at[k]))[0] for k in range(at.numel())]) \
            if name != "Uniform" else (at - d.low) / (d.high - d.low)
        close(d.cdf(at), below, name + ".cdf", 1e-3)
        if not isinstance(d, D.Gamma):
            close(d.icdf(d.cdf(at)), at, name + ".icdf", 1e-4)


def check_counts_have_their_moments():
    t = torch.tensor
    k = torch.arange(200.0)[:, None]
    for d in (D.Poisson(t([3.0, 0.7])), D.Geometric(t([0.3, 0.8])), D.NegativeBinomial(t([3.0, 5.0]), t([0.4, 0.2])),
              D.Geometric(logits=t([0.4, -0.5]))):
        p, name = d.log_prob(k).exp(), type(d).__name__
        close(p.sum(0), torch.ones(2), name, 1e-4)
        close((k * p).sum(0), d.mean, name + ".mean", 1e-4)
        close(((k - d.mean) ** 2 * p).sum(0), d.variance, name + ".variance", 1e-3)
    for d in (D.Bernoulli(t([0.3, 0.5])), D.Bernoulli(logits=t([0.3, -2.0])), D.Binomial(5, t([0.3, 0.6])), D.Binomial(3, logits=t([1.0, 0.0]))):
        s, name = d.enumerate_support(), type(d).__name__
        p = d.log_prob(s).exp()
        close(p.sum(0), torch.ones(2), name, 1e-5)
        close((s * p).sum(0), d.mean, name + ".mean")
        close(((s - d.mean) ** 2 * p).sum(0), d.variance, name + ".variance", 1e-4)
        close(-(p * p.log()).sum(0), d.entropy(), name + ".entropy", 1e-4)


def check_classes_are_softmax():
    logits = data(3, 4)
    for d in (D.Categorical(logits=logits), D.Categorical(probs=logits.softmax(-1) * 3), D.Categorical(logits=logits[:1]).expand((3,))):
        wanted = (logits[:1].expand(3, 4) if d.batch_shape == (3,) and d._param.stride()[0] == 0 else logits).log_softmax(-1)
        close(d.logits, wanted, "logits", 1e-5)
        close(d.probs, wanted.exp(), "probs", 1e-5)
        classes = torch.tensor([2, 0, 3])
        close(d.log_prob(classes), wanted[torch.arange(3), classes], "log_prob", 1e-5)
        close(d.entropy(), -(wanted * wanted.exp()).sum(-1), "entropy", 1e-5)
        agree(d.mode.tolist() == wanted.argmax(-1).tolist(), "mode")
        agree(d.sample((5,)).shape == (5, 3) and d.sample().dtype == torch.int64, "shape of a draw")
    one = D.OneHotCategorical(logits=logits)
    close(one.log_prob(F.one_hot(classes, 4).float()), logits.log_softmax(-1)[torch.arange(3), classes], "one hot", 1e-5)
    drawn = D.OneHotCategoricalStraightThrough(logits=logits).rsample()
    close(torch.autograd.grad((drawn * data(4, seed=2)).sum(), logits)[0],
          torch.autograd.grad((logits.softmax(-1) * data(4, seed=2)).sum(), logits)[0], "straight through")
    m = D.Multinomial(4, probs=torch.tensor([0.2, 0.3, 0.5]))
    close(m.log_prob(torch.tensor([1.0, 1.0, 2.0])), torch.tensor(12 * 0.2 * 0.3 * 0.25).log(), "multinomial", 1e-5)
    every = torch.tensor([[a, b, 4 - a - b] for a in range(5) for b in range(5 - a)], dtype=torch.float32)
    lp = m.log_prob(every)
    close(-(lp.exp() * lp).sum(), m.entropy(), "multinomial entropy", 1e-4)
    agree(m.sample((7,)).sum(-1).tolist() == [4.0] * 7, "multinomial draw")


def check_draws_have_the_moments():
    torch.manual_seed(0)
    n = 20000
    t = torch.tensor
    for d in [d for d, _, _ in _continuous()] + [
            D.Bernoulli(t([0.3])), D.Poisson(t([3.0])), D.Geometric(t([0.3])), D.Binomial(5, t([0.3])), D.NegativeBinomial(t([3.0]), t([0.4])),
            D.Dirichlet(t([2.0, 3.0, 1.5])), D.Independent(D.Normal(torch.zeros(2), t([1.0, 2.0])), 1), D.OneHotCategorical(t([0.2, 0.8])),
            D.Multinomial(3, t([0.2, 0.8])), D.MultivariateNormal(t([1.0, -1.0]), t([[2.0, 0.6], [0.6, 1.0]])),
            D.MixtureSameFamily(D.Categorical(t([0.3, 0.7])), D.Normal(t([-1.0, 2.0]), t([0.5, 1.0])))]:
        x, name = d.sample((n,)), type(d).__name__
        agree(x.shape == (n,) + d.batch_shape + d.event_shape and not x.requires_grad, name)
        agree(bool(((x.mean(0) - d.mean).abs() < 5 * d.stddev / n ** 0.5).all()), name + ": the mean of its draws")
        agree(bool((((x - d.mean) ** 2).mean(0) / d.variance - 1).abs().max() < 0.25), name + ": the variance of its draws")
        agree(not d.has_rsample or not bool((d.rsample((2,)) == d.rsample((2,))).all()), name + ": draws differ")


def check_draws_carry_gradients():
    torch.manual_seed(0)
    loc, scale = leaf(torch.zeros(20000)), leaf(torch.full((20000,), 0.5))
    for d, wanted in ((D.Normal(loc, scale), 1.0), (D.Laplace(loc, scale), 2.0), (D.Gamma(scale + 1.5, torch.full_like(scale, 2.0)), None)):
        x = d.rsample()
        g = torch.autograd.grad((x ** 2).sum(), scale)[0].mean()
        # E x^2 is scale^2, 2 scale^2, or with a = scale + 1.5 (a^2 + a) / 4.
        wanted = 2 * 0.5 * wanted if wanted else (2 * 2.0 + 1) / 4
        agree(abs(g.item() - wanted) < 0.05 * wanted, f"{type(d).__name__}: {g.item()} is not {wanted}")


def check_several_dimensions_are_one_event():
    t = torch.tensor
    loc, cov = t([0.5, -1.0]), t([[2.0, 0.6], [0.6, 1.0]])
    x = data(5, 2)
    for d in (D.MultivariateNormal(loc, cov), D.MultivariateNormal(loc, scale_tril=torch.linalg.cholesky(cov)),
              D.MultivariateNormal(loc, precision_matrix=torch.linalg.inv(cov))):
        z = x - loc
        wanted = -0.5 * ((z @ torch.linalg.inv(cov)) * z).sum(-1) - 0.5 * torch.logdet(cov) - math.log(2 * math.pi)
        close(d.log_prob(x), wanted, "normal of two", 1e-4)
        close(d.covariance_matrix, cov, "covariance", 1e-4)
        close(d.precision_matrix, torch.linalg.inv(cov), "precision", 1e-4)
        close(d.entropy(), 0.5 * torch.logdet(2 * math.pi * math.e * cov), "entropy", 1e-4)
    d = D.Independent(D.Normal(torch.zeros(3, 2), torch.ones(3, 2)), 1)
    agree((d.batch_shape, d.event_shape) == ((3,), (2,)), "shapes")
    y = data(3, 2)
    close(d.log_prob(y), D.Normal(0.0, 1.0).log_prob(y).sum(-1), "independent", 1e-5)
    c = t([2.0, 3.0, 1.5])
    p = t([0.2, 0.5, 0.3])
    close(D.Dirichlet(c).log_prob(p), torch.lgamma(c.sum()) - torch.lgamma(c).sum() + ((c - 1) * p.log()).sum(), "Dirichlet", 1e-5)
    mixture = D.MixtureSameFamily(D.Categorical(t([0.3, 0.7])), D.Normal(t([-1.0, 2.0]), t([0.5, 1.0])))
    wanted = 0.3 * D.Normal(-1.0, 0.5).log_prob(y).exp() + 0.7 * D.Normal(2.0, 1.0).log_prob(y).exp()
    close(mixture.log_prob(y), wanted.log(), "mixture", 1e-5)


def check_divergences_are_integrals():
    t = torch.tensor
    kl = D.kl_divergence
    for p, q, low, high in ((D.Normal(t([0.3]), t([0.7])), D.Normal(t([0.5]), t([1.1])), -8.0, 8.0),
                            (D.Laplace(t([0.3]), t([0.7])), D.Laplace(t([0.5]), t([1.1])), -15.0, 15.0),
                            (D.Gamma(t([2.0]), t([1.5])), D.Gamma(t([3.0]), t([0.8])), 1e-6, 40.0),
                            (D.Beta(t([2.0]), t([1.5])), D.Beta(t([3.0]), t([2.5])), 1e-6, 1 - 1e-6),
                            (D.Exponential(t([2.0])), D.Exponential(t([0.7])), 0.0, 30.0),
                            (D.LogNormal(t([0.1]), t([0.4])), D.LogNormal(t([0.3]), t([0.6])), 1e-6, 40.0)):
        wanted = _integral(lambda x: p.log_prob(x).exp() * (p.log_prob(x) - q.log_prob(x)), low, high)
        close(kl(p, q), wanted, type(p).__name__, 2e-3)
    for p, q in ((D.Bernoulli(t([0.3])), D.Bernoulli(t([0.6]))), (D.Binomial(4, t([0.3])), D.Binomial(4, t([0.6]))),
                 (D.Categorical(t([[0.2, 0.8]])), D.Categorical(t([[0.5, 0.5]])))):
        s = p.enumerate_support()
        close(kl(p, q), (p.log_prob(s).exp() * (p.log_prob(s) - q.log_prob(s))).sum(0), type(p).__name__, 1e-4)
    k = torch.arange(100.0)[:, None]
    for p, q in ((D.Poisson(t([2.0])), D.Poisson(t([3.0]))), (D.Geometric(t([0.4])), D.Geometric(t([0.3])))):
        close(kl(p, q), (p.log_prob(k).exp() * (p.log_prob(k) - q.log_prob(k))).sum(0), type(p).__name__, 1e-4)
    a, b = D.MultivariateNormal(t([0.5, 1.0]), t([[2.0, 0.6], [0.6, 1.0]])), D.MultivariateNormal(t([0.0, 0.0]), torch.eye(2))
    wanted = 0.5 * (3.0 + 1.25 - 2 - math.log(2.0 - 0.36))  # trace, distance, dimensions, determinant
    close(kl(a, b), t(wanted), "normal of two", 1e-5)
    close(kl(D.Independent(D.Normal(torch.zeros(2), torch.ones(2)), 1), D.Independent(D.Normal(torch.ones(2), torch.ones(2)), 1)), t(1.0),
          "independent", 1e-6)
    close(kl(D.Uniform(t([0.0]), t([1.0])), D.Uniform(t([-1.0]), t([3.0]))), t([math.log(4)]), "Uniform", 1e-6)
    agree(kl(D.Uniform(t([0.0]), t([1.0])), D.Uniform(t([0.5]), t([3.0]))).item() == math.inf, "outside")


def check_transforms_change_variables():
    T = D.transforms
    x = data(4, 3)
    for f, at in ((T.ExpTransform(), x), (T.SigmoidTransform(), x), (T.TanhTransform(), x), (T.SoftplusTransform(), x),
                  (T.AffineTransform(0.5, -2.0), x), (T.ComposeTransform([T.AffineTransform(1.0, 2.0), T.ExpTransform()]), x),
                  (T.ExpTransform().inv, leaf(x.abs() + 0.5)), (T.PowerTransform(torch.tensor(1.5)), leaf(x.abs() + 0.5))):
        y = f(at)
        slope = torch.autograd.grad(y.sum(), at)[0]
        close(f.log_abs_det_jacobian(at, y), slope.abs().log(), repr(f), 1e-4)
        close(f.inv(y), at, repr(f), 1e-4)
    d = D.TransformedDistribution(D.Normal(torch.zeros(3), torch.ones(3)), [T.TanhTransform(), T.AffineTransform(0.0, 2.0)])
    y = data(4, 3)
    close(d.log_prob(y), D.Normal(0.0, 1.0).log_prob(torch.atanh(y / 2)) - torch.log(1 - (y / 2) ** 2) - math.log(2), "squashed", 1e-4)
    r = D.RelaxedOneHotCategorical(torch.tensor(0.7), logits=x)
    p = r.rsample((2,))
    agree(p.shape == (2, 4, 3) and bool(((p.sum(-1) - 1).abs() < 1e-5).all()), "relaxed draw")
    point = data(4, 3, seed=3).softmax(-1).detach()
    # Maddison et al. 2017, equation 10: (n - 1)! t^(n - 1) prod(a_k x_k^(-t - 1)) / (sum a_i x_i^-t)^n
    a = x.softmax(-1)
    wanted = math.log(2) + 2 * math.log(0.7) + (a.log() - 1.7 * point.log()).sum(-1) - 3 * (a * point ** -0.7).sum(-1).log()
    close(r.log_prob(point), wanted, "relaxed", 1e-4)


def check_what_is_no_distribution():
    for build, word in ((lambda: D.Normal(0.0, -1.0), "scale"), (lambda: D.Categorical(torch.ones(2), torch.ones(2)), "not both"),
                        (lambda: D.Bernoulli(torch.tensor(1.5)), "probs"), (lambda: D.Uniform(0.0, 1.0).log_prob(torch.tensor(3.0)), "support"),
                        (lambda: D.Categorical(torch.ones(3)).log_prob(torch.tensor(3)), "support")):
        try:
            build()
        except ValueError as e:
            agree(word in str(e), f"{e} does not say {word}")
        else:
            agree(False, f"no error about {word}")
    D.Normal(0.0, -1.0, validate_args=False)


def _attention(x, m, heads, mask=None):
    """One batch, a head and a query at a time."""
    q, k, v = (x @ w.T + b for w, b in zip(m.in_proj_weight.chunk(3), m.in_proj_bias.chunk(3)))
    T, C = x.shape
    D_ = C // heads
    out, weights = [], []
    for h in range(heads):
        c = slice(h * D_, (h + 1) * D_)
        scores = q[:, c] @ k[:, c].T / math.sqrt(D_)
        p = (scores if mask is None else scores.masked_fill(mask, -math.inf)).softmax(-1)
        weights.append(p)
        out.append(p @ v[:, c])
    return torch.cat(out, -1) @ m.out_proj.weight.T + m.out_proj.bias, torch.stack(weights)


def check_attention_as_a_function():
    torch.manual_seed(0)
    T, B, C, H = 5, 2, 8, 2
    m = nn.MultiheadAttention(C, H)
    nn.init.normal_(m.in_proj_bias)
    x = data(T, B, C)
    causal = torch.ones(T, T, dtype=torch.bool).triu(1)

    def call(**more):
        return F.multi_head_attention_forward(x, x, x, C, H, m.in_proj_weight, m.in_proj_bias, None, None, False, 0.0, m.out_proj.weight,
                                              m.out_proj.bias, **more)
    for mask, more in ((None, {}), (causal, {"attn_mask": causal}), (causal, {"attn_mask": causal, "is_causal": True, "need_weights": False}),
                       (causal, {"attn_mask": torch.zeros(T, T).masked_fill(causal, -math.inf), "need_weights": False})):
        out, weights = call(**more)
        for b in range(B):
            wanted, each = _attention(x[:, b], m, H, mask)
            close(out[:, b], wanted, "out", 1e-5)
            if weights is not None:
                close(weights[b], each.mean(0), "weights", 1e-5)
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
    out, weights = call(key_padding_mask=padding, average_attn_weights=False)
    agree(weights.shape == (B, H, T, T) and bool((weights[1, :, :, 3:] == 0).all()), "padding")
    close(out[:, 1], _attention(x[:, 1], m, H, padding[1])[0], "padded", 1e-5)
    q, k, v = m.in_proj_weight.chunk(3)
    separate = F.multi_head_attention_forward(x, x, x, C, H, None, m.in_proj_bias, None, None, False, 0.0, m.out_proj.weight, m.out_proj.bias,
                                              use_separate_proj_weight=True, q_proj_weight=q, k_proj_weight=k, v_proj_weight=v)
    close(separate[0], call()[0], "separate", 1e-5)
    close(call()[0], m(x, x, x)[0], "the module", 1e-6)
    zero = F.multi_head_attention_forward(x, x, x, C, H, m.in_proj_weight, m.in_proj_bias, data(1, 1, C, seed=4), data(1, 1, C, seed=5), True, 0.0,
                                          m.out_proj.weight, m.out_proj.bias, attn_mask=causal)
    agree(zero[1].shape == (B, T, T + 2), "two keys more")
    close(zero[1].sum(-1), torch.ones(B, T), "sums", 1e-5)
    one = F.multi_head_attention_forward(x[:, 0], x[:, 0], x[:, 0], C, H, m.in_proj_weight, m.in_proj_bias, None, None, False, 0.0,
                                         m.out_proj.weight, m.out_proj.bias)
    close(one[0], call()[0][:, 0], "without a batch", 1e-5)
    for words, more in (("attn_mask", {"attn_mask": torch.zeros(3, 3)}), ("is_causal", {"is_causal": True})):
        try:
            call(**more)
        except RuntimeError as e:
            agree(words in str(e), str(e))
        else:
            agree(False, words)


def _paths(log_probs, labels, blank):
    """The sum over every alignment, one by one."""
    T, C = log_probs.shape
    total = []
    for n in range(C ** T):
        path = [(n // C ** t) % C for t in range(T)]
        merged = [c for t, c in enumerate(path) if t == 0 or path[t - 1] != c]
        if [c for c in merged if c != blank] == labels:
            total.append(sum(log_probs[t, c] for t, c in enumerate(path)))
    return -torch.stack(total).logsumexp(0)


def check_temporal_classification_sums_alignments():
    logits = data(5, 2, 3, scale=2.0)
    targets, n_in, n_out = torch.tensor([[1, 2], [1, 9]]), torch.tensor([5, 4]), torch.tensor([2, 1])  # behind a length anything may stand
    lp = logits.log_softmax(-1)
    wanted = torch.stack([_paths(lp[:5, 0], [1, 2], 0), _paths(lp[:4, 1], [1], 0)])
    got = F.ctc_loss(lp, targets, n_in, n_out, reduction="none")
    close(got, wanted, "each", 1e-5)
    close(torch.autograd.grad(got.sum(), logits, retain_graph=True)[0], torch.autograd.grad(wanted.sum(), logits, retain_graph=True)[0],
          "gradient", 1e-4)
    close(F.ctc_loss(lp, torch.tensor([1, 2, 1]), (5, 4), (2, 1), reduction="sum"), wanted.sum(), "concatenated", 1e-5)
    close(nn.CTCLoss()(lp, targets, n_in, n_out), (wanted / n_out).mean(), "module", 1e-5)
    last = torch.stack([_paths(lp[:5, 0], [1, 0], 2)])
    close(nn.CTCLoss(blank=2, reduction="none")(lp[:, :1], torch.tensor([[1, 0]]), (5,), (2,)), last, "another blank", 1e-5)
    never = F.ctc_loss(lp[:1], torch.tensor([[1, 2]] * 2), (1, 1), (2, 2), reduction="none", zero_infinity=True)
    agree(never.tolist() == [0.0, 0.0], "no alignment")


def check_adaptive_softmax_is_a_distribution():
    torch.manual_seed(0)
    m = nn.AdaptiveLogSoftmaxWithLoss(8, 12, cutoffs=[4, 8], div_value=2.0, head_bias=True)
    agree([n for n, _ in m.named_parameters()] == ["head.weight", "head.bias", "tail.0.0.weight", "tail.0.1.weight", "tail.1.0.weight",
                                                   "tail.1.1.weight"], "parameters")
    x, y = data(6, 8), torch.tensor([0, 5, 11, 3, 8, 4])
    lp = m.log_prob(x)
    close(lp.exp().sum(-1), torch.ones(6), "sum", 1e-5)
    out, loss = m(x, y)
    close(out, lp[torch.arange(6), y], "output", 1e-5)
    close(loss, -out.mean(), "loss", 1e-6)
    agree(m.predict(x).tolist() == lp.argmax(-1).tolist(), "predict")
    close(torch.autograd.grad(loss, x, retain_graph=True)[0],
          torch.autograd.grad(F.nll_loss(lp, y), x)[0], "gradient", 1e-4)


def check_linear_cross_entropy():
    x, w, b, y = data(4, 6), data(5, 6, seed=2), data(5, seed=3), torch.tensor([0, 4, -100, 2])
    for more in ({}, {"label_smoothing": 0.1}, {"reduction": "none"}):
        close(F.linear_cross_entropy(x, w, y, linear_bias=b, **more), F.cross_entropy(x @ w.T + b, y, **more), str(more), 1e-5)
    m = nn.LinearCrossEntropyLoss(6, 5)
    close(m(x, y), F.cross_entropy(x @ m.linear.weight.T, y), "module", 1e-5)


def check_pools_in_three_dimensions():
    x = data(1, 2, 4, 4, 4).abs() + 0.1
    naive = torch.stack([((x[:, :, d:d + 2, h:h + 2, w:w + 2] ** 3).sum((-3, -2, -1))) ** (1 / 3)
                         for d in (0, 2) for h in (0, 2) for w in (0, 2)], -1).reshape(1, 2, 2, 2, 2)
    close(nn.LPPool3d(3, 2)(x), naive, "LPPool3d", 1e-5)
    y, at = F.max_pool3d_with_indices(x, 2)
    close(y, F.max_pool3d(x, 2), "max_pool3d", 1e-6)
    back = nn.MaxUnpool3d(2)(y, at)
    close(back, torch.where(torch.isin(x, y), x, 0.0), "MaxUnpool3d", 1e-6)
