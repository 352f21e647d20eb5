"""timm for the unit language: its layers."""
