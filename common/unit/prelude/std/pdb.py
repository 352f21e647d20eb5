def _refuse(*args, **keywords):
    raise RuntimeError("pdb: units have no debugger")


set_trace = post_mortem = pm = run = runcall = _refuse
