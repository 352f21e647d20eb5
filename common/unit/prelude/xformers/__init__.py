from xformers import ops
