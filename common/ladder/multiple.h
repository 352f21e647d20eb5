/// Many questions at once: which answers may be believed.
#pragma once

#include <span>
#include <vector>

namespace gradus {

/// Holm 1979: false for all but those whose p is small enough that the chance of *any* false one is at most `error`:
/// the k-th smallest of m must be at most error / (m - k + 1), and so must all before it.
std::vector<bool> holm(std::span<const double> p, double error);

/// Benjamini and Hochberg 1995: of those that come out true, a share of at most `rate` is false by expectation
/// (independent tests, or positively dependent ones such as comparisons with one baseline): the largest k with p_(k) ≤
/// rate k / m, and all before it.
std::vector<bool> benjamini_hochberg(std::span<const double> p, double rate);

}  // namespace gradus
