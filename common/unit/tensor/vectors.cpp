#include "unit/tensor/vectors.h"

#include <cmath>

namespace gradus {

GRADUS_VECTORS void exponentiate_row(float* s, int64_t n, float* most, float* sum) {
  const int64_t whole = n - n % kLanes;
  float high = s[0], total = 0;
  if (whole > 0) {
    Lanes lane = lanes(s);
    for (int64_t j = kLanes; j < whole; j += kLanes) {
      const Lanes x = lanes(s + j);
      lane = x < lane ? lane : x;
    }
    high = largest_lane(lane);
  }
  for (int64_t j = whole; j < n; ++j) high = s[j] < high ? high : s[j];
  Lanes lane = {};
  for (int64_t j = 0; j < whole; j += kLanes) {
    Lanes x = lanes(s + j) - high;
    exponentiate(x);
    lanes(s + j) = x;
    lane += x;
  }
  for (int64_t j = whole; j < n; ++j) total += s[j] = std::exp(s[j] - high);
  *most = high;
  *sum = total + sum_of_lanes(lane);
}

}  // namespace gradus
