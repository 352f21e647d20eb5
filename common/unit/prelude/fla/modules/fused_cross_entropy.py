"""Losses over logits, float32 inside."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import fla.modules.fused_cross_entropy as ops


def _logits(x, scale, softcap):
    x = x.float() * scale
    return x if softcap is None else softcap * torch.tanh(x / softcap)


def cross_entropy_loss(
        logits, target, label_smoothing=0.0, logit_scale=1.0, lse_square_scale=0.0, logit_softcapping=None,
        ignore_index=-100, inplace_backward=False, process_group=None):
    """The loss of every row and its part lse_square_scale · lse², (N), (N)."""
    x = _logits(logits, logit_scale, logit_softcapping)
    loss = F.cross_entropy(x, target, ignore_index=ignore_index, label_smoothing=label_smoothing, reduction="none")
    z = lse_square_scale * x.logsumexp(-1).square()
    z = torch.where(target == ignore_index, torch.zeros_like(z), z)
    return loss + z, z.detach()


class FusedCrossEntropyLoss(nn.Module):
    def __init__(
            self, ignore_index=-100, reduction="mean", label_smoothing=0.0, logit_scale=1.0, lse_square_scale=0.0,
            logit_softcapping=None, inplace_backward=False, process_group=None, return_z_loss=False):
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise NotImplementedError(f"Unsupported reduction: {reduction}")
        self.ignore_index, self.reduction, self.label_smoothing = ignore_index, reduction, label_smoothing
        self.logit_scale, self.lse_square_scale, self.logit_softcapping = (
            logit_scale, lse_square_scale, logit_softcapping)
        self.inplace_backward, self.process_group, self.return_z_loss = inplace_backward, process_group, return_z_loss

    def forward(self, input, target):
        loss, z = cross_entropy_loss(
            input, target, self.label_smoothing, self.logit_scale, self.lse_square_scale, self.logit_softcapping,
            self.ignore_index)
        if self.reduction != "none":
            count = (target != self.ignore_index).sum() if self.reduction == "mean" else 1
            loss, z = loss.sum() / count, z.sum() / count
        return (loss, z) if self.return_z_loss else loss


def fused_linear_cross_entropy_loss(
        x, target, weight, bias=None, ignore_index=-100, label_smoothing=0.0, logit_scale=1.0, logit_softcapping=None,
        num_chunks=8, reduction="mean", use_l2warp=False, l2_penalty_factor=1e-4, accumulate_grad_in_fp32=True,
        process_group=None):
    logits = F.linear(x, weight, bias)
    if use_l2warp:
        raise NotImplementedError("fused_linear_cross_entropy_loss: use_l2warp is not part of this language")
    return F.cross_entropy(
        _logits(logits, logit_scale, logit_softcapping), target, ignore_index=ignore_index,
        label_smoothing=label_smoothing, reduction=reduction)


class FusedLinearCrossEntropyLoss(nn.Module):
    def __init__(
            self, ignore_index=-100, label_smoothing=0.0, logit_scale=1.0, logit_softcapping=None, num_chunks=8,
            reduction="mean", use_l2warp=False, l2_penalty_factor=1e-4, accumulate_grad_in_fp32=True,
            process_group=None):
        super().__init__()
        assert reduction in ["mean", "sum"], f"reduction: {reduction} is not supported"
        self.ignore_index, self.label_smoothing, self.logit_scale = ignore_index, label_smoothing, logit_scale
        self.logit_softcapping, self.num_chunks, self.reduction, self.use_l2warp = (
            logit_softcapping, num_chunks, reduction, use_l2warp)

    def forward(self, x, target, weight, bias=None):
        return fused_linear_cross_entropy_loss(
            x.reshape(-1, x.shape[-1]), target.reshape(-1), weight, bias, self.ignore_index, self.label_smoothing,
            self.logit_scale, self.logit_softcapping, reduction=self.reduction, use_l2warp=self.use_l2warp)


def fused_kl_div_loss(x, target_x, weight, target_weight, reduction="batchmean", accumulate_grad_in_fp32=True):
    return F.kl_div(
        F.linear(x, weight).float().log_softmax(-1), F.linear(target_x, target_weight).float().softmax(-1),
        reduction=reduction)


class FusedKLDivLoss(nn.Module):
    def __init__(self, reduction="batchmean", accumulate_grad_in_fp32=True):
        super().__init__()
        assert reduction in ["batchmean"], f"reduction: {reduction} is not supported"
        self.reduction = reduction

    def forward(self, x, target_x, weight, target_weight):
        return fused_kl_div_loss(x, target_x, weight, target_weight, self.reduction)
