/// Integers beyond 64 bits. Kept apart because of Boost's weight.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include "unit/run/value.h"

namespace gradus {

using Integer = boost::multiprecision::cpp_int;

struct BigInt : Object {
  explicit BigInt(Integer v) : Object(Kind::kBigInt), value(std::move(v)) {}
  Integer value;
};

/// Bits an integer of the language may have; larger ones are a MemoryError.
constexpr int64_t kLargestIntegerBits = int64_t{1} << 20;

Integer to_integer(const Value& integral);
/// An int when it fits 64 bits, else a BigInt.
Value from_integer(Integer v);

}  // namespace gradus
