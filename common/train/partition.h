/// How a flat vector is shared among ranks (ZeRO stage 1, Rajbhandari et al. 2020, arXiv:1910.02054): it is cut into
/// buckets, each bucket into as many equal parts as there are ranks, and rank r owns part r of every bucket. A bucket
/// travels as soon as its gradients are there, so it is the unit of overlap; one rank has one bucket, all its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gradus {

class Partition {
 public:
  struct Bucket {
    int64_t begin, part;  // elements [begin, begin + part × ranks), the last beyond the vector's end
  };
  struct Piece {
    int64_t begin, count;  // elements of the flat vector
    int64_t own;           // where they lie in the owner's own, shorter vector
  };

  Partition(int64_t n_elements, int n_ranks, int64_t bucket_elements = kBucketElements);

  int64_t elements() const { return n_elements_; }
  int64_t padded() const;                                // elements, with what rounds the last bucket up
  int64_t owned() const { return padded() / n_ranks_; }  // of one rank
  int ranks() const { return n_ranks_; }
  int64_t bucket_elements() const { return bucket_elements_; }
  const std::vector<Bucket>& buckets() const { return buckets_; }
  size_t bucket_of(int64_t element) const;
  /// What a rank owns, in order, without the padding.
  std::vector<Piece> pieces(int rank) const;

  static constexpr int64_t kBucketElements = 4 << 20;  // 16 MB in float32: long enough for a network's full rate

 private:
  int64_t n_elements_;
  int n_ranks_;
  int64_t bucket_elements_;
  std::vector<Bucket> buckets_;
};

}  // namespace gradus
