#include "base/hash.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "testing.h"

using namespace gradus;

TEST(Hash, Sha256OfTheStandard) {  // FIPS 180-4, examples
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_hex16("abc"), "ba7816bf8f01cfea");
}

TEST(Hash, OfAFileIsOfItsBytes) {
  tests::Directory d;
  std::string bytes;
  for (int i = 0; i < 200000; ++i) bytes += static_cast<char>(i * 7);
  write_file(d / "x", bytes);
  EXPECT_EQ(file_hash_hex16(d / "x"), hash_hex16(bytes));
  EXPECT_THROW(file_hash_hex16(d / "none"), Error);
  EXPECT_THROW(file_hash_hex16(d.path), Error);
}

TEST(Hash, ChecksumIsXxh3) {
  EXPECT_EQ(hex16(checksum64("")), "2d06800538d394c2");  // XXH3_64bits of nothing, from its documentation
  EXPECT_NE(checksum64("a", 0), checksum64("a", 1));
  EXPECT_EQ(hex16(0x1f), "000000000000001f");
}
