import torch
import torch.nn.functional as F


def segsum(x):
    """x (.., T) -> (.., T, T): the sum over j < m <= i, -inf above the diagonal."""
    size = x.shape[-1]
    place = torch.arange(size, device=x.device)
    sums = torch.where(place[:, None] > place, x.unsqueeze(-1), 0.0).cumsum(-2)
    return sums.masked_fill(place[:, None] < place, float("-inf"))


segsum_unstable = segsum


def ssd_minimal_discrete(X, A, B, C, block_len, initial_states=None):
    """X (B, T, H, P), A (B, T, H) the log decay, B and C (B, T, H, N); states (B, H, P, N). arXiv:2405.21060."""
    assert X.dtype == A.dtype == B.dtype == C.dtype
    assert X.shape[1] % block_len == 0
    X, B, C = [t.unflatten(1, (-1, block_len)) for t in (X, B, C)]
    A = A.unflatten(1, (-1, block_len)).permute(0, 3, 1, 2)
    total = A.cumsum(-1)
    inner = torch.einsum("bclhn,bcshn,bhcls,bcshp->bclhp", C, B, torch.exp(segsum(A)), X)
    states = torch.einsum("bclhn,bhcl,bclhp->bchpn", B, torch.exp(total[..., -1:] - total), X)
    if initial_states is None:
        initial_states = torch.zeros_like(states[:, :1])
    states = torch.cat([initial_states, states], dim=1)
    passed = torch.einsum("bhzc,bchpn->bzhpn", torch.exp(segsum(F.pad(total[..., -1], (1, 0)))), states)
    outer = torch.einsum("bclhn,bchpn,bhcl->bclhp", C, passed[:, :-1], torch.exp(total))
    return (inner + outer).flatten(1, 2), passed[:, -1]
