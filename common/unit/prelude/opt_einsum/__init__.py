"""Contractions, in whatever order torch.einsum chooses."""

import torch


def contract(subscripts, *operands, optimize=True, backend="auto", **options):
    return torch.einsum(subscripts, *operands)


def contract_expression(subscripts, *shapes, **options):
    return lambda *operands, **keywords: torch.einsum(subscripts, *operands)
