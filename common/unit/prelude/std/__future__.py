"""Names that `from __future__ import` may ask for; all of them are how the unit language works anyway."""

annotations = True
division = True
absolute_import = True
print_function = True
unicode_literals = True
generator_stop = True
nested_scopes = True
generators = True
with_statement = True
