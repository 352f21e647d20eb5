"""torch.distributions: draws come from the design's own stream; densities, moments and divergences are PyTorch's."""
from torch.distributions import constraints
from torch.distributions import transforms
from torch.distributions._continuous import (
    Beta, Cauchy, Chi2, Dirichlet, Exponential, Gamma, Laplace, MultivariateNormal, Normal, StudentT, Uniform)
from torch.distributions._derived import (
    Gumbel, HalfCauchy, HalfNormal, Independent, LogNormal, MixtureSameFamily, Pareto,
    RelaxedBernoulli, RelaxedOneHotCategorical, TransformedDistribution, Weibull)
from torch.distributions._discrete import (
    Bernoulli, Binomial, Categorical, Geometric, Multinomial, NegativeBinomial, OneHotCategorical, OneHotCategoricalStraightThrough,
    Poisson)
from torch.distributions.distribution import Distribution, ExponentialFamily
from torch.distributions.kl import kl_divergence, register_kl
from torch.distributions.transforms import *
