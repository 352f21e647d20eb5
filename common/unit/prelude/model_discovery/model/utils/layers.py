from model_discovery.model.utils.modules import MLP, GatedMLP
