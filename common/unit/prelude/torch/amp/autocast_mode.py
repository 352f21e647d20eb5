from torch._python import autocast
