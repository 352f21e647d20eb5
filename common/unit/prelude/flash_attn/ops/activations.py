from fla.modules.activations import fast_gelu_impl, sqrelu as sqrelu_fwd, swiglu
