#include "design/scales.h"

#include <gmock/gmock.h>

#include "design/fit.h"

namespace gradus {
namespace {

TEST(Scales, AreOrderedAsALadder) {
  EXPECT_THAT(ladder_order(builtin_scales()), testing::ElementsAre("pico", "nano", "micro", "14M", "mini", "31M", "70M",
                                                                   "125M", "350M", "760M", "1300M"));
}

TEST(Scales, AreSound) {
  for (const auto& [name, scale] : builtin_scales()) {
    EXPECT_THAT(scale_faults(scale), testing::IsEmpty()) << name;
    EXPECT_EQ(scale.tokens % scale.batch_tokens, 0) << name;
  }
  Scale wrong;
  wrong.d_model = 20;
  wrong.batch_tokens = 100;
  wrong.clip = 0;
  EXPECT_EQ(scale_faults(wrong).size(), 3u);
}

TEST(Scales, StepsAreTheReferences) {
  const std::map<std::string, int64_t> steps = {{"14M", 504},    {"31M", 986},    {"70M", 2019},    {"125M", 4180},
                                                {"350M", 12776}, {"760M", 27804}, {"1300M", 24296}, {"nano", 1000}};
  for (const auto& [name, n] : steps) EXPECT_EQ(builtin_scales().at(name).steps(), n) << name;
}

// A block has 4 d² + 4 d (qkv and out with biases) + 3 d f (gate, up, down) + 2 d (two norms),
// f = 128 ceil(floor(8 d / 3) / 128); the model n blocks, V d of embedding and d of the final norm.
//   pico   d 16:   f = 128 ceil(42/128) = 128;      1,024 + 64 + 6,144 + 32 = 7,264;  2 x = 14,528; + 4,096 + 16 =
//   18,640 nano   d 64:   f = 128 ceil(170/128) = 256;     16,384 + 256 + 49,152 + 128 = 65,920; 4 x = 263,680; +
//   65,536 + 64 micro  d 128:  f = 128 ceil(341/128) = 384;     65,536 + 512 + 147,456 + 256 = 213,760; 6 x =
//   1,282,560; + 524,288 + 128 31M    d 256:  f = 128 ceil(682/128) = 768;     262,144 + 1,024 + 589,824 + 512 =
//   853,504; 6 x = 5,121,024 70M    d 512:  f = 128 ceil(1365/128) = 1408;   1,048,576 + 2,048 + 2,162,688 + 1,024 =
//   3,214,336; 6 x = 19,286,016 125M   d 768:  f = 2048 exactly;                2,359,296 + 3,072 + 4,718,592 + 1,536 =
//   7,082,496; 12 x = 84,989,952 350M   d 1024: f = 128 ceil(2730/128) = 2816;   4,194,304 + 4,096 + 8,650,752 + 2,048
//   = 12,851,200; 24 x = 308,428,800 760M   d 1536: f = 4096 exactly;                9,437,184 + 6,144 + 18,874,368 +
//   3,072 = 28,320,768; 24 x = 679,698,432 1300M  d 2048: f = 128 ceil(5461/128) = 5504;   16,777,216 + 8,192 +
//   33,816,576 + 4,096 = 50,606,080; 24 x = 1,214,545,920
TEST(Scales, TheSeedsParametersAreGolden) {
  struct Golden {
    const char* scale;
    int64_t blocks, parameters;
  };
  for (const Golden& g : {Golden{"pico", 14528, 18640},
                          {"nano", 263680, 329280},
                          {"micro", 1282560, 1806976},
                          {"mini", 5121024, 7218432},
                          {"14M", 1282560, 5378688},
                          {"31M", 5121024, 13313280},
                          {"70M", 19286016, 35670528},
                          {"125M", 84989952, 109566720},
                          {"350M", 308428800, 341197824},
                          {"760M", 679698432, 728851968},
                          {"1300M", 1214545920, 1280083968}}) {
    const SeedSize size = seed_size(seed_shape(builtin_scales().at(g.scale)));
    EXPECT_EQ(size.block_parameters, g.blocks) << g.scale;
    EXPECT_EQ(size.parameters, g.parameters) << g.scale;
  }
}

}  // namespace
}  // namespace gradus
