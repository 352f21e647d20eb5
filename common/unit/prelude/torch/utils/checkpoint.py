# Recomputation trades time for memory and changes no number: here the function is simply called.


def checkpoint(function, *args, use_reentrant=None, context_fn=None, determinism_check=None, debug=False,
               preserve_rng_state=True, **kwargs):
    return function(*args, **kwargs)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    for function in functions:
        input = function(input)
    return input


def set_checkpoint_early_stop(enable):
    from contextlib import nullcontext
    return nullcontext()


set_checkpoint_debug_enabled = set_checkpoint_early_stop


class CheckpointPolicy:
    MUST_SAVE, PREFER_SAVE, MUST_RECOMPUTE, PREFER_RECOMPUTE = 0, 1, 2, 3


def noop_context_fn():
    from contextlib import nullcontext
    return nullcontext(), nullcontext()


def create_selective_checkpoint_contexts(policy_fn_or_list, allow_cache_entry_mutation=False):
    return noop_context_fn()


def detach_variable(inputs):
    return tuple([x.detach().requires_grad_(x.requires_grad) if hasattr(x, "detach") else x for x in inputs])
