#include "train/partition.h"

#include <gtest/gtest.h>

namespace gradus {
namespace {

TEST(Partition, EveryElementHasOneOwner) {
  for (int64_t n : {1, 2, 7, 64, 1000, 1001})
    for (int ranks : {1, 2, 3, 4, 8})
      for (int64_t bucket : {8, 9, 100, 5000}) {
        const Partition partition(n, ranks, bucket);
        std::vector<int> owners(static_cast<size_t>(n));
        EXPECT_GE(partition.padded(), n);
        EXPECT_EQ(partition.owned() * ranks, partition.padded());
        for (int r = 0; r < ranks; ++r)
          for (const auto& piece : partition.pieces(r)) {
            EXPECT_LE(piece.own + piece.count, partition.owned());
            for (int64_t i = piece.begin; i < piece.begin + piece.count; ++i) ++owners[static_cast<size_t>(i)];
          }
        for (int count : owners) EXPECT_EQ(count, 1) << n << " elements, " << ranks << " ranks, buckets of " << bucket;
      }
}

TEST(Partition, AnElementIsInItsBucket) {
  const Partition partition(1000, 3, 100);
  for (int64_t i = 0; i < 1000; ++i) {
    const auto& bucket = partition.buckets()[partition.bucket_of(i)];
    EXPECT_GE(i, bucket.begin);
    EXPECT_LT(i, bucket.begin + 3 * bucket.part);
  }
}

TEST(Partition, OneRankHasOneBucket) {
  const Partition partition(1 << 23, 1);
  EXPECT_EQ(partition.buckets().size(), 1u);
  EXPECT_EQ(partition.padded(), 1 << 23);
}

}  // namespace
}  // namespace gradus
