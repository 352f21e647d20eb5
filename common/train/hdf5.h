/// Thin ownership over the HDF5 C API (serial, 1.10+): files, datasets and attributes, read and written whole or by
/// ranges. Every fault is an Error that names the file and HDF5's own reason, in one line. Files appear whole or not at
/// all, carry `format` = 1 at the root, and their datasets carry `unit` and `axes`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"

namespace gradus {

/// The element types in use: uint8_t, uint16_t, uint32_t, uint64_t, int64_t, float, double.
enum class Hdf5Type { kUint8, kUint16, kUint32, kUint64, kInt64, kFloat, kDouble };
template <class T>
Hdf5Type hdf5_type();

/// What a dataset says of itself: the unit of its values ("nat", "token", "1") and its axes, outermost first.
struct Hdf5Meaning {
  std::string unit, axes;
};

/// An open dataset; ranges are along the first axis.
class Hdf5Dataset {
 public:
  std::vector<uint64_t> shape() const;
  uint64_t size() const;  // elements
  template <class T>
  std::vector<T> read() const {  // all of it, whatever its shape
    std::vector<T> out(size());
    read_raw(hdf5_type<T>(), out.data());
    return out;
  }
  /// `count` elements from `first` of a one-dimensional dataset. A range beyond the end is an Error.
  template <class T>
  void read_range(uint64_t first, uint64_t count, T* out) const {
    read_range_raw(hdf5_type<T>(), first, count, out);
  }
  void read_raw(Hdf5Type type, void* out) const;
  void read_range_raw(Hdf5Type type, uint64_t first, uint64_t count, void* out) const;
  /// Grows a dataset made by create_growing.
  template <class T>
  void append(const std::vector<T>& values) {
    append_raw(hdf5_type<T>(), values.data(), values.size());
  }
  void append_raw(Hdf5Type type, const void* values, uint64_t count);

 private:
  friend class Hdf5File;
  struct State;
  std::shared_ptr<State> state_;
};

class Hdf5File {
 public:
  /// For reading. A file without `format` = 1 is refused.
  static Hdf5File open(const Path& path);

  bool has(const std::string& name) const;
  std::vector<std::string> names(const std::string& group) const;  // of its members, sorted
  Hdf5Dataset dataset(const std::string& name) const;
  template <class T>
  std::vector<T> read(const std::string& name) const {
    return dataset(name).read<T>();
  }

  /// Attributes of an object ("/": the root).
  bool has_attribute(const std::string& object, const std::string& name) const;
  std::string text(const std::string& object, const std::string& name) const;
  int64_t integer(const std::string& object, const std::string& name) const;
  double number(const std::string& object, const std::string& name) const;

  // Writing, only inside write_hdf5.
  template <class T>
  Hdf5Dataset write(const std::string& name, const std::vector<T>& values, const Hdf5Meaning& meaning,
                    std::vector<uint64_t> shape = {}) {
    return write_raw(name, hdf5_type<T>(), values.data(), shape.empty() ? std::vector{values.size()} : shape, meaning);
  }
  Hdf5Dataset write_raw(const std::string& name, Hdf5Type type, const void* values, const std::vector<uint64_t>& shape,
                        const Hdf5Meaning& meaning);
  Hdf5Dataset create_growing(const std::string& name, Hdf5Type type, uint64_t chunk, const Hdf5Meaning& meaning);
  void set(const std::string& object, const std::string& name, const std::string& value);
  void set(const std::string& object, const std::string& name, int64_t value);
  void set(const std::string& object, const std::string& name, double value);

  struct State;

 private:
  friend void write_hdf5(const Path&, const std::function<void(Hdf5File&)>&);
  static Hdf5File create(const Path& path, const Path& named);
  void close();
  std::shared_ptr<State> state_;
};

/// Creates `path` whole or not at all: `fill` writes into a temporary beside it.
void write_hdf5(const Path& path, const std::function<void(Hdf5File&)>& fill);

}  // namespace gradus
