from torch.nn._container import Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict
