#include "train/hdf5.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include "base/error.h"

namespace gradus {
namespace {

class Hdf5Test : public testing::Test {
 protected:
  Hdf5Test() : path_(std::filesystem::path(testing::TempDir()) / ("hdf5_test_" + std::to_string(getpid()) + ".h5")) {}
  ~Hdf5Test() override { std::filesystem::remove(path_); }
  std::string error_of_reading() {
    try {
      Hdf5File::open(path_);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  Path path_;
};

TEST_F(Hdf5Test, ReadsBackWhatWasWritten) {
  write_hdf5(path_, [](Hdf5File& f) {
    f.write("group/matrix", std::vector<float>{1, 2, 3, 4, 5, 6}, {"1", "row, column"}, {2, 3});
    auto d = f.create_growing("tokens", Hdf5Type::kUint16, 4, {"token", "position"});
    d.append(std::vector<uint32_t>{1, 2, 65535});
    d.append(std::vector<uint32_t>{7, 8, 9});
    f.set("/", "name", std::string("ü"));
    f.set("group/matrix", "scale", 0.5);
    f.set("/", "count", int64_t{-3});
  });
  const Hdf5File f = Hdf5File::open(path_);
  EXPECT_EQ(f.read<float>("group/matrix"), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(f.dataset("group/matrix").shape(), (std::vector<uint64_t>{2, 3}));
  std::vector<int64_t> some(3);
  f.dataset("tokens").read_range(2, 3, some.data());
  EXPECT_EQ(some, (std::vector<int64_t>{65535, 7, 8}));
  EXPECT_EQ(f.text("/", "name"), "ü");
  EXPECT_EQ(f.number("group/matrix", "scale"), 0.5);
  EXPECT_EQ(f.integer("/", "count"), -3);
  EXPECT_EQ(f.text("tokens", "unit"), "token");
  EXPECT_EQ(f.text("group/matrix", "axes"), "row, column");
  EXPECT_EQ(f.names("/"), (std::vector<std::string>{"group", "tokens"}));
  EXPECT_TRUE(f.has("group/matrix"));
  EXPECT_FALSE(f.has("no/matrix"));
  EXPECT_THROW(f.dataset("tokens").read_range(5, 2, some.data()), Error);
}

TEST_F(Hdf5Test, FaultsAreOneLineNamingTheFile) {
  EXPECT_NE(error_of_reading().find("No such file"), std::string::npos) << error_of_reading();
  write_hdf5(path_, [](Hdf5File& f) { f.write("x", std::vector<double>(10'000, 1.0), {"1", "i"}); });
  std::filesystem::resize_file(path_, 40'000);
  const std::string truncated = error_of_reading();
  EXPECT_NE(truncated.find("cannot read '" + path_.string() + "': "), std::string::npos) << truncated;
  EXPECT_NE(truncated.find("truncated"), std::string::npos) << truncated;
  EXPECT_EQ(truncated.find('\n'), std::string::npos);
  write_file(path_, "no HDF5 at all");
  EXPECT_NE(error_of_reading().find("cannot read"), std::string::npos);
}

TEST_F(Hdf5Test, AnotherFormatIsRefused) {
  write_hdf5(path_, [](Hdf5File& f) { f.set("/", "other", int64_t{1}); });
  EXPECT_EQ(error_of_reading(), "");
  const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(file, "format", H5P_DEFAULT);
  const int64_t two = 2;
  H5Awrite(attribute, H5T_NATIVE_INT64, &two);
  H5Aclose(attribute);
  H5Fclose(file);
  EXPECT_NE(error_of_reading().find("format 2, this build reads 1"), std::string::npos) << error_of_reading();
}

TEST_F(Hdf5Test, AFailedWriteLeavesNothing) {
  EXPECT_THROW(write_hdf5(path_, [](Hdf5File&) { throw Error("stop"); }), Error);
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THROW(write_hdf5("/proc/none/x.h5", [](Hdf5File&) {}), Error);
}

}  // namespace
}  // namespace gradus
