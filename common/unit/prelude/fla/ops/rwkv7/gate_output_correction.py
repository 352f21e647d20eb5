def gate_output_correction_ref(o, r, k, r_k, v, g):
    return (o + ((r * k * r_k).sum(-1, keepdim=True) * v).view(o.shape)) * g


gate_output_correction = gate_output_correction_ref
