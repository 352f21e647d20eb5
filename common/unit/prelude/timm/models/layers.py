from timm.layers import DropPath, GluMlp, LayerScale, Mlp, RmsNorm, SwiGLU, drop_path, to_2tuple, trunc_normal_
