/// Numbers: integers of any size, floats as CPython writes and reads them.
#pragma once

#include <string>
#include <string_view>

#include "unit/run/interpreter.h"
#include "unit/run/value.h"

namespace gradus {

/// Python's int(text, base): digits only (underscores allowed between digits), sign allowed; undefined when it is none.
Value integer_from_text(Interpreter&, std::string_view text, int base);
/// float(text): undefined when it is none.
Value float_from_text(std::string_view text);
/// repr(x): the shortest text that reads back.
std::string float_repr(double x);
std::string complex_repr(double real, double imaginary);
std::string integer_text(const Value& integral, int base = 10);

/// Whether v is an int (bool included, BigInt included) / a number the operators know (bool, int, BigInt, float,
/// complex).
bool is_integer(const Value& v);
bool is_numeric(const Value& v);
double real_of(Interpreter&, const Value& number);  // OverflowError when too large
int64_t to_index(Interpreter&, const Value& v);     // __index__; TypeError, OverflowError
Value integer_from_double(Interpreter&, double x);  // truncated; errors for inf and nan
size_t number_hash(const Value& v);

/// Undefined: not both numbers.
Value number_binary(Interpreter&, syntax::Op, const Value& left, const Value& right);
Value number_compare(syntax::Op, const Value& left, const Value& right);
Value number_unary(Interpreter&, syntax::Op, const Value& operand);
Value number_power(Interpreter&, const Value& base, const Value& exponent, const Value& modulus);
int64_t floor_divide(int64_t a, int64_t b);
int64_t floor_modulo(int64_t a, int64_t b);
double float_floor_divide(double a, double b);
double float_modulo(double a, double b);
Value round_number(Interpreter&, const Value& number, const Value& digits);
/// Bits of |v|, v.bit_length().
int64_t bit_length(const Value& integral);

}  // namespace gradus
