# Recomputation trades time for memory and changes no number: here the function is simply called.


def checkpoint(function, *args, use_reentrant=None, context_fn=None, determinism_check=None, debug=False,
               preserve_rng_state=True, **kwargs):
    return function(*args, **kwargs)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    for function in functions:
        input = function(input)
    return input
