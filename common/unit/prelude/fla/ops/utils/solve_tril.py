import torch
import torch.nn.functional as F


def solve_tril(A, cu_seqlens=None, chunk_indices=None, output_dtype=torch.float):
    """(1 + A)^-1 for every chunk of C rows of A (B, T, H, C), A strictly lower triangular in its chunk."""
    assert A.shape[-1] in [16, 32, 64]
    size = A.shape[-1]
    bounds = [0, A.shape[1]] if cu_seqlens is None else cu_seqlens.tolist()
    parts = []
    for start, end in zip(bounds, bounds[1:]):
        for part in A[:, start:end].split(size, dim=1):
            rows = part.shape[1]
            lower = part.transpose(1, 2)[..., :rows].float().tril(-1)
            eye = torch.eye(rows, device=A.device).expand_as(lower)
            solved = torch.linalg.solve_triangular(lower, eye, upper=False, unitriangular=True)
            parts.append(F.pad(solved, (0, size - rows)).transpose(1, 2))
    return torch.cat(parts, 1).to(output_dtype or A.dtype)
