from timm import layers
