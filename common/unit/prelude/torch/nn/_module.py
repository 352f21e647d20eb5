# nn.Module. Registration and the walk over what is registered are native; hooks are refused, for they would run outside
# the unit that is looked at.
import _torch
import torch


class _IncompatibleKeys:
    def __init__(self, missing_keys, unexpected_keys):
        self.missing_keys, self.unexpected_keys = missing_keys, unexpected_keys

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class _Registry(dict):
    """_parameters, _buffers or _modules of a module: what is written here is written there."""

    def __init__(self, module, role):
        super().__init__(_torch.module_registered(module, role))
        self.module, self.role = module, role

    def __setitem__(self, name, value):
        if self.role == "modules":
            self.module.add_module(name, value)
        elif name in self and (value is None or isinstance(value, torch.Tensor)):
            _torch.module_swap(self.module, name, value)
        elif self.role == "buffers":
            self.module.register_buffer(name, value)
        else:
            self.module.register_parameter(name, value)
        dict.__setitem__(self, name, value)

    def __delitem__(self, name):
        dict.__delitem__(self, name)
        delattr(self.module, name)

    def pop(self, name, *default):
        if name not in self:
            return dict.pop(self, name, *default)
        value = self[name]
        del self[name]
        return value

    def update(self, other=(), **more):
        for name, value in dict(other, **more).items():
            self[name] = value

    def clear(self):
        for name in list(self):
            del self[name]


class Module:
    dump_patches = False
    call_super_init = False

    __init__ = _torch.module_init
    __call__ = _torch.module_call
    __delattr__ = _torch.module_delattr
    register_buffer = _torch.module_register_buffer
    register_parameter = _torch.module_register_parameter
    add_module = _torch.module_add_module
    register_module = _torch.module_add_module

    def forward(self, *input):
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    @property
    def _parameters(self):
        return _Registry(self, "parameters")

    @property
    def _buffers(self):
        return _Registry(self, "buffers")

    @property
    def _modules(self):
        return _Registry(self, "modules")

    def _named(self, role, prefix, recurse, remove_duplicate):
        seen = set()
        for module_prefix, module in _torch.module_walk(self, prefix) if recurse else [(prefix, self)]:
            for name, value in _torch.module_registered(module, role).items():
                if value is None or (remove_duplicate and value in seen):
                    continue
                seen.add(value)
                yield (module_prefix + "." if module_prefix else "") + name, value

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        return self._named("parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        for _, value in self._named("parameters", "", recurse, True):
            yield value

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        return self._named("buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        for _, value in self._named("buffers", "", recurse, True):
            yield value

    def named_children(self):
        seen = set()
        for name, module in _torch.module_registered(self, "modules").items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self):
        for _, module in self.named_children():
            yield module

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        return iter(_torch.module_walk(self, prefix))

    def modules(self):
        for _, module in _torch.module_walk(self):
            yield module

    def apply(self, fn):
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode=True):
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        for p in self.parameters():
            if p.grad is not None:
                p.grad = None if set_to_none else torch.zeros_like(p)

    def to(self, *args, **kwargs):
        dtype = kwargs.get("dtype")
        for a in args:
            if isinstance(a, torch.dtype):
                dtype = a
            elif isinstance(a, torch.Tensor):
                dtype = a.dtype
            else:
                torch.zeros(0).to(a)
        if "device" in kwargs:
            torch.zeros(0).to(kwargs["device"])
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}")
            return self._converted(dtype)
        return self

    def _apply(self, fn, recurse=True):
        if recurse:
            for module in self.children():
                module._apply(fn)
        return _torch.module_apply(self, fn)

    def _converted(self, dtype):
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() or t.is_complex() else t)

    def float(self):
        return self._apply(lambda t: t.to(torch.float32) if t.is_floating_point() else t)

    def double(self):
        return self._apply(lambda t: t.to(torch.float64) if t.is_floating_point() else t)

    def half(self):
        return self._apply(lambda t: t.to(torch.float16) if t.is_floating_point() else t)

    def bfloat16(self):
        return self._apply(lambda t: t.to(torch.bfloat16) if t.is_floating_point() else t)

    def type(self, dst_type):
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self):
        return self

    def cuda(self, device=None):
        raise RuntimeError("Module.cuda: units run on the device they are given")

    def compile(self, *args, **kwargs):
        pass

    def share_memory(self):
        return self

    def get_submodule(self, target):
        module = self
        for name in target.split(".") if target else []:
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
        return module

    def get_parameter(self, target):
        return self._get_registered(target, "parameters", "nn.Parameter")

    def get_buffer(self, target):
        return self._get_registered(target, "buffers", "buffer")

    def _get_registered(self, target, role, kind):
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if name not in _torch.module_registered(module, role):
            raise AttributeError(f"`{name}` is not a{'n' if kind[0] == 'n' else ''} {kind}")
        return getattr(module, name)

    def get_extra_state(self):
        raise RuntimeError("Module.get_extra_state is not implemented")

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        result = {} if destination is None else destination
        for path, module in _torch.module_walk(self):
            start = prefix + (path + "." if path else "")
            for name, value in _torch.module_registered(module, "parameters").items():
                if value is not None:
                    result[start + name] = value if keep_vars else value.detach()
            for name, value in _torch.module_registered(module, "buffers").items():
                if value is not None and _torch.module_is_persistent(module, name):
                    result[start + name] = value if keep_vars else value.detach()
        return result

    def load_state_dict(self, state_dict, strict=True, assign=False):
        own = self.state_dict(keep_vars=True)
        missing = [k for k in own if k not in state_dict]
        unexpected = [k for k in state_dict if k not in own]
        errors = []
        if strict and unexpected:
            errors.append("Unexpected key(s) in state_dict: " + ", ".join(f'"{k}"' for k in unexpected) + ". ")
        if strict and missing:
            errors.append("Missing key(s) in state_dict: " + ", ".join(f'"{k}"' for k in missing) + ". ")
        with torch.no_grad():
            for name, value in own.items():
                if name not in state_dict:
                    continue
                given = state_dict[name]
                if given.shape != value.shape:
                    errors.append(f"size mismatch for {name}: copying a param with shape {given.shape} from checkpoint, "
                                  f"the shape in current model is {value.shape}.")
                else:
                    value.copy_(given)
        if errors:
            raise RuntimeError("Error(s) in loading state_dict for {}:\n\t{}".format(type(self).__name__, "\n\t".join(errors)))
        return _IncompatibleKeys(missing, unexpected)

    def _refuse_hook(self, *args, **kwargs):
        raise NotImplementedError("hooks on modules are not part of this language: a unit computes in forward, where it can be seen")

    register_forward_hook = _refuse_hook
    register_forward_pre_hook = _refuse_hook
    register_full_backward_hook = _refuse_hook
    register_full_backward_pre_hook = _refuse_hook
    register_backward_hook = _refuse_hook
    register_state_dict_pre_hook = _refuse_hook
    register_load_state_dict_post_hook = _refuse_hook

    def _register_load_state_dict_pre_hook(self, *args, **kwargs):
        pass

    def __deepcopy__(self, memo):
        from copy import deepcopy
        made = object.__new__(type(self))
        memo[id(self)] = made
        _torch.module_init(made)
        registered = self._names()
        for name, value in vars(self).items():
            if name not in registered:
                made.__dict__[name] = deepcopy(value, memo)
        self._register_all(made, lambda value: deepcopy(value, memo))
        return made

    def __copy__(self):
        made = object.__new__(type(self))
        _torch.module_init(made)
        registered = self._names()
        for name, value in vars(self).items():
            if name not in registered:
                made.__dict__[name] = value
        self._register_all(made, lambda value: value)
        return made

    def _names(self):
        roles = [_torch.module_registered(self, role) for role in ("parameters", "buffers", "modules")]
        return {name for registered in roles for name in registered}

    def _register_all(self, made, change):
        for name, value in _torch.module_registered(self, "parameters").items():
            _torch.module_register_parameter(made, name, None if value is None else change(value))
        for name, value in _torch.module_registered(self, "buffers").items():
            persistent = _torch.module_is_persistent(self, name)
            _torch.module_register_buffer(made, name, None if value is None else change(value), persistent=persistent)
        for name, value in _torch.module_registered(self, "modules").items():
            _torch.module_add_module(made, name, None if value is None else change(value))

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = []
        for key, module in _torch.module_registered(self, "modules").items():
            text = repr(module).replace("\n", "\n  ")
            children.append(f"({key}): {text}")
        main = type(self).__name__ + "("
        if lines or children:
            if len(lines) == 1 and not children:
                main += lines[0]
            else:
                main += "\n  " + "\n  ".join(lines + children) + "\n"
        return main + ")"


_torch.mark_module_class(Module)
