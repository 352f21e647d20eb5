import _torch


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """module(*args, **kwargs) with other tensors in place of its parameters and buffers."""
    given = {}
    for d in parameter_and_buffer_dicts if isinstance(parameter_and_buffer_dicts, (tuple, list)) else [parameter_and_buffer_dicts]:
        for key, value in d.items():
            if key in given:
                raise ValueError(f"{[key]} appear in multiple dictionaries; behavior of functional call is ambiguous")
            given[key] = value
    slots = [(m, path + ("." if path else "") + name, name, value) for path, m in _torch.module_walk(module)
             for role in ("parameters", "buffers") for name, value in _torch.module_registered(m, role).items()]
    if tie_weights:
        tied = {id(value): given[key] for _, key, _, value in slots if key in given}
        given = {key: tied[id(value)] for _, key, _, value in slots if id(value) in tied} | given
    unexpected = [key for key in given if all(key != k for _, k, _, _ in slots)]
    missing = [key for _, key, _, value in slots if key not in given and value is not None]
    if unexpected or (strict and missing):
        errors = [f"Unexpected key(s): {', '.join(map(repr, unexpected))}."] if unexpected else []
        errors += [f"Missing key(s): {', '.join(map(repr, missing))}."] if strict and missing else []
        raise RuntimeError("Error(s) in reparametrizing:\n\t" + "\n\t".join(errors))
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    before = []
    try:
        for m, key, name, _ in slots:
            if key in given:
                before.append((m, name, _torch.module_swap(m, name, given[key])))
        return module(*args, **(kwargs or {}))
    finally:
        for m, name, value in reversed(before):
            _torch.module_swap(m, name, value)
