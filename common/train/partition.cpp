#include "train/partition.h"

#include <algorithm>

#include "base/error.h"

namespace gradus {

Partition::Partition(int64_t n_elements, int n_ranks, int64_t bucket_elements)
    : n_elements_(n_elements), n_ranks_(n_ranks), bucket_elements_(bucket_elements) {
  require(n_elements > 0 && n_ranks > 0 && bucket_elements >= n_ranks, "a partition has elements, ranks and buckets");
  const int64_t most = n_ranks == 1 ? n_elements : bucket_elements / n_ranks;  // of a part
  for (int64_t begin = 0; begin < n_elements; begin += buckets_.back().part * n_ranks)
    buckets_.push_back({begin, std::min(most, (n_elements - begin + n_ranks - 1) / n_ranks)});
}

int64_t Partition::padded() const { return buckets_.back().begin + buckets_.back().part * n_ranks_; }

size_t Partition::bucket_of(int64_t element) const {
  const auto after = std::upper_bound(buckets_.begin(), buckets_.end(), element,
                                      [](int64_t at, const Bucket& bucket) { return at < bucket.begin; });
  return static_cast<size_t>(after - buckets_.begin()) - 1;
}

std::vector<Partition::Piece> Partition::pieces(int rank) const {
  std::vector<Piece> out;
  int64_t own = 0;
  for (const Bucket& bucket : buckets_) {
    const int64_t begin = bucket.begin + rank * bucket.part, end = std::min(n_elements_, begin + bucket.part);
    if (begin < end) out.push_back({begin, end - begin, own});
    own += bucket.part;
  }
  return out;
}

}  // namespace gradus
