"""torch.utils.data for files that import it: units read no data."""


class Dataset:
    def __class_getitem__(cls, key):
        return cls

    def __getitem__(self, index):
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")


class IterableDataset(Dataset):
    pass


class TensorDataset(Dataset):
    def __init__(self, *tensors):
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple([t[index] for t in self.tensors])

    def __len__(self):
        return self.tensors[0].size(0)


class DataLoader:
    def __init__(self, *args, **options):
        raise NotImplementedError("torch.utils.data.DataLoader: units read no data")


class Sampler:
    pass


def random_split(*args, **options):
    raise NotImplementedError("torch.utils.data.random_split: units read no data")
