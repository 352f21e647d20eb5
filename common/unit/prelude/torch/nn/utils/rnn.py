import _torch


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    return _torch.pad_sequence(list(sequences), batch_first, padding_value, padding_side)
