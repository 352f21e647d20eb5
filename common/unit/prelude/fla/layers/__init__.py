from fla.layers import utils
