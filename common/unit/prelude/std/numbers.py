"""numbers for the unit language: for isinstance."""

Number = (bool, int, float, complex)
Complex = (bool, int, float, complex)
Real = (bool, int, float)
Rational = (bool, int)
Integral = (bool, int)
