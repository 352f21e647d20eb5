#include "train/hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/error.h"

namespace gradus {
namespace {

/// The deepest entry of HDF5's error stack: the cause, not the chain of callers.
std::string reason() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned n, const H5E_error2_t* entry, void* out) -> herr_t {
        if (n == 0 && entry->desc) *static_cast<std::string*>(out) = entry->desc;
        return 0;
      },
      &text);
  H5Eclear2(H5E_DEFAULT);
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text.empty() ? "HDF5 gives no reason" : text;
}

/// Owns one identifier of any kind.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*closer)(hid_t)) : id_(id), close_(closer) {}
  Handle(Handle&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }
  bool close() {
    const hid_t id = std::exchange(id_, -1);
    return id < 0 || close_(id) >= 0;
  }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// Before the first call: no locks (Lustre and NFS have none that work), no error stack on stderr.
void prepare_library() {
  static const bool done = [] {
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  (void)done;
}

hid_t native(Hdf5Type type) {
  switch (type) {
    case Hdf5Type::kUint8:
      return H5T_NATIVE_UINT8;
    case Hdf5Type::kUint16:
      return H5T_NATIVE_UINT16;
    case Hdf5Type::kUint32:
      return H5T_NATIVE_UINT32;
    case Hdf5Type::kUint64:
      return H5T_NATIVE_UINT64;
    case Hdf5Type::kInt64:
      return H5T_NATIVE_INT64;
    case Hdf5Type::kFloat:
      return H5T_NATIVE_FLOAT;
    case Hdf5Type::kDouble:
      return H5T_NATIVE_DOUBLE;
  }
  return -1;
}

}  // namespace

template <>
Hdf5Type hdf5_type<uint8_t>() {
  return Hdf5Type::kUint8;
}
template <>
Hdf5Type hdf5_type<uint16_t>() {
  return Hdf5Type::kUint16;
}
template <>
Hdf5Type hdf5_type<uint32_t>() {
  return Hdf5Type::kUint32;
}
template <>
Hdf5Type hdf5_type<uint64_t>() {
  return Hdf5Type::kUint64;
}
template <>
Hdf5Type hdf5_type<int64_t>() {
  return Hdf5Type::kInt64;
}
template <>
Hdf5Type hdf5_type<float>() {
  return Hdf5Type::kFloat;
}
template <>
Hdf5Type hdf5_type<double>() {
  return Hdf5Type::kDouble;
}

struct Hdf5File::State {
  Handle file;
  Path path;  // as people know it, not the temporary
  bool writing = false;
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(std::string("cannot ") + (writing ? "write" : "read") + " '" + path.string() + "': " + what);
  }
  [[noreturn]] void fail_with_reason(const std::string& what) const { fail(what + ": " + reason()); }
  template <class T>
  T check(T result, const std::string& what) const {
    if (result < 0) fail_with_reason(what);
    return result;
  }
};

struct Hdf5Dataset::State {
  std::shared_ptr<Hdf5File::State> file;
  std::string name;
  Handle id;
  std::string what() const { return "dataset '" + name + "'"; }
};

// Datasets --------------------------------------------------------------------------------------------------------

std::vector<uint64_t> Hdf5Dataset::shape() const {
  const auto& f = *state_->file;
  Handle space(f.check(H5Dget_space(state_->id), state_->what()), H5Sclose);
  std::vector<hsize_t> dims(static_cast<size_t>(f.check(H5Sget_simple_extent_ndims(space), state_->what())));
  f.check(H5Sget_simple_extent_dims(space, dims.data(), nullptr), state_->what());
  return {dims.begin(), dims.end()};
}

uint64_t Hdf5Dataset::size() const {
  uint64_t n = 1;
  for (uint64_t d : shape()) n *= d;
  return n;
}

void Hdf5Dataset::read_raw(Hdf5Type type, void* out) const {
  state_->file->check(H5Dread(state_->id, native(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, out), state_->what());
}

void Hdf5Dataset::read_range_raw(Hdf5Type type, uint64_t first, uint64_t count, void* out) const {
  const auto& f = *state_->file;
  if (first + count > size()) f.fail(state_->what() + " ends before element " + std::to_string(first + count));
  if (count == 0) return;
  const hsize_t start = first, n = count;
  Handle space(f.check(H5Dget_space(state_->id), state_->what()), H5Sclose);
  f.check(H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &n, nullptr), state_->what());
  Handle memory(f.check(H5Screate_simple(1, &n, nullptr), state_->what()), H5Sclose);
  f.check(H5Dread(state_->id, native(type), memory, space, H5P_DEFAULT, out), state_->what());
}

void Hdf5Dataset::append_raw(Hdf5Type type, const void* values, uint64_t count) {
  const auto& f = *state_->file;
  if (count == 0) return;
  const hsize_t start = size(), n = count, end = start + n;
  f.check(H5Dset_extent(state_->id, &end), state_->what());
  Handle space(f.check(H5Dget_space(state_->id), state_->what()), H5Sclose);
  f.check(H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &n, nullptr), state_->what());
  Handle memory(f.check(H5Screate_simple(1, &n, nullptr), state_->what()), H5Sclose);
  f.check(H5Dwrite(state_->id, native(type), memory, space, H5P_DEFAULT, values), state_->what());
}

// Files -----------------------------------------------------------------------------------------------------------

Hdf5File Hdf5File::open(const Path& path) {
  prepare_library();
  Hdf5File f;
  f.state_ = std::make_shared<State>();
  f.state_->path = path;
  std::error_code e;
  if (!std::filesystem::is_regular_file(path, e)) f.state_->fail(e ? e.message() : "not a file");
  f.state_->file = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (f.state_->file < 0) f.state_->fail(reason());
  if (!f.has_attribute("/", "format")) f.state_->fail("not one of Gradus' files: no attribute 'format'");
  if (const int64_t format = f.integer("/", "format"); format != 1)
    f.state_->fail("format " + std::to_string(format) + ", this build reads 1");
  return f;
}

Hdf5File Hdf5File::create(const Path& path, const Path& named) {
  prepare_library();
  Hdf5File f;
  f.state_ = std::make_shared<State>();
  f.state_->path = named;
  f.state_->writing = true;
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);                      // close() closes what is still open in it
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);  // readable by 1.10's tools, whoever writes
  f.state_->file = Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  if (f.state_->file < 0) f.state_->fail(reason());
  f.set("/", "format", int64_t{1});
  return f;
}

void Hdf5File::close() {
  if (!state_->file.close()) state_->fail(reason());  // a full disk is noticed here
}

bool Hdf5File::has(const std::string& name) const {
  for (size_t slash = name.find('/', 1);;
       slash = name.find('/', slash + 1)) {  // HDF5 wants every group checked in turn
    if (H5Lexists(state_->file, name.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return H5Eclear2(H5E_DEFAULT), false;
    if (slash == std::string::npos) return true;
  }
}

std::vector<std::string> Hdf5File::names(const std::string& group) const {
  std::vector<std::string> out;
  Handle g(state_->check(H5Gopen2(state_->file, group.c_str(), H5P_DEFAULT), "group '" + group + "'"), H5Gclose);
  hsize_t at = 0;
  state_->check(H5Literate(
                    g, H5_INDEX_NAME, H5_ITER_INC, &at,
                    [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
                      static_cast<std::vector<std::string>*>(list)->push_back(name);
                      return 0;
                    },
                    &out),
                "group '" + group + "'");
  return out;
}

Hdf5Dataset Hdf5File::dataset(const std::string& name) const {
  if (!has(name)) state_->fail("there is no dataset '" + name + "'");
  Hdf5Dataset d;
  d.state_ = std::make_shared<Hdf5Dataset::State>();
  d.state_->file = state_;
  d.state_->name = name;
  d.state_->id = Handle(state_->check(H5Dopen2(state_->file, name.c_str(), H5P_DEFAULT), d.state_->what()), H5Dclose);
  return d;
}

Hdf5Dataset Hdf5File::write_raw(const std::string& name, Hdf5Type type, const void* values,
                                const std::vector<uint64_t>& shape, const Hdf5Meaning& meaning) {
  Hdf5Dataset d;
  d.state_ = std::make_shared<Hdf5Dataset::State>();
  d.state_->file = state_;
  d.state_->name = name;
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  Handle space(state_->check(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), d.state_->what()),
               H5Sclose);
  Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  d.state_->id =
      Handle(H5Dcreate2(state_->file, name.c_str(), native(type), space, links, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
  state_->check(hid_t{d.state_->id}, d.state_->what());
  state_->check(H5Dwrite(d.state_->id, native(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values), d.state_->what());
  set(name, "unit", meaning.unit);
  set(name, "axes", meaning.axes);
  return d;
}

Hdf5Dataset Hdf5File::create_growing(const std::string& name, Hdf5Type type, uint64_t chunk,
                                     const Hdf5Meaning& meaning) {
  Hdf5Dataset d;
  d.state_ = std::make_shared<Hdf5Dataset::State>();
  d.state_->file = state_;
  d.state_->name = name;
  const hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk_size = chunk;
  Handle space(state_->check(H5Screate_simple(1, &none, &unlimited), d.state_->what()), H5Sclose);
  Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose), layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  H5Pset_chunk(layout, 1, &chunk_size);
  d.state_->id =
      Handle(H5Dcreate2(state_->file, name.c_str(), native(type), space, links, layout, H5P_DEFAULT), H5Dclose);
  state_->check(hid_t{d.state_->id}, d.state_->what());
  set(name, "unit", meaning.unit);
  set(name, "axes", meaning.axes);
  return d;
}

// Attributes ------------------------------------------------------------------------------------------------------

bool Hdf5File::has_attribute(const std::string& object, const std::string& name) const {
  const bool there = H5Aexists_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
  H5Eclear2(H5E_DEFAULT);
  return there;
}

namespace {
Handle open_attribute(hid_t file, const std::string& object, const std::string& name) {
  return {H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
}
Handle make_attribute(hid_t file, const std::string& object, const std::string& name, hid_t type) {
  Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  return {H5Acreate_by_name(file, object.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
          H5Aclose};
}
}  // namespace

std::string Hdf5File::text(const std::string& object, const std::string& name) const {
  const std::string what = "attribute '" + name + "' of '" + object + "'";
  Handle a = open_attribute(state_->file, object, name);
  state_->check(hid_t{a}, what);
  Handle type(state_->check(H5Aget_type(a), what), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type)) state_->fail(what + " is no fixed-length text");
  std::string out(H5Tget_size(type), '\0');
  state_->check(H5Aread(a, type, out.data()), what);
  while (!out.empty() && out.back() == '\0') out.pop_back();
  return out;
}

int64_t Hdf5File::integer(const std::string& object, const std::string& name) const {
  int64_t value = 0;
  Handle a = open_attribute(state_->file, object, name);
  state_->check(hid_t{a}, "attribute '" + name + "' of '" + object + "'");
  state_->check(H5Aread(a, H5T_NATIVE_INT64, &value), "attribute '" + name + "' of '" + object + "'");
  return value;
}

double Hdf5File::number(const std::string& object, const std::string& name) const {
  double value = 0;
  Handle a = open_attribute(state_->file, object, name);
  state_->check(hid_t{a}, "attribute '" + name + "' of '" + object + "'");
  state_->check(H5Aread(a, H5T_NATIVE_DOUBLE, &value), "attribute '" + name + "' of '" + object + "'");
  return value;
}

void Hdf5File::set(const std::string& object, const std::string& name, const std::string& value) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, value.size() + 1);
  H5Tset_cset(type, H5T_CSET_UTF8);
  Handle a = make_attribute(state_->file, object, name, type);
  state_->check(hid_t{a}, "attribute '" + name + "'");
  state_->check(H5Awrite(a, type, value.c_str()), "attribute '" + name + "'");
}

void Hdf5File::set(const std::string& object, const std::string& name, int64_t value) {
  Handle a = make_attribute(state_->file, object, name, H5T_NATIVE_INT64);
  state_->check(hid_t{a}, "attribute '" + name + "'");
  state_->check(H5Awrite(a, H5T_NATIVE_INT64, &value), "attribute '" + name + "'");
}

void Hdf5File::set(const std::string& object, const std::string& name, double value) {
  Handle a = make_attribute(state_->file, object, name, H5T_NATIVE_DOUBLE);
  state_->check(hid_t{a}, "attribute '" + name + "'");
  state_->check(H5Awrite(a, H5T_NATIVE_DOUBLE, &value), "attribute '" + name + "'");
}

void write_hdf5(const Path& path, const std::function<void(Hdf5File&)>& fill) {
  write_file_by(path, [&](const Path& temporary) {
    Hdf5File file = Hdf5File::create(temporary, path);
    fill(file);
    file.close();
  });
}

}  // namespace gradus
