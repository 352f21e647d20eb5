class PyTorchModelHubMixin:
    """Nothing is loaded or saved."""
