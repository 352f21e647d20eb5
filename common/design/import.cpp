#include "design/import.h"

#include "base/error.h"
#include "base/hash.h"
#include "design/import_inside.h"

namespace gradus {
namespace {

using namespace import_inside;

std::string count_text(size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

void import_python(const std::string& text, const std::string& file, Import& out) {
  const SourceText source(text, file);
  const auto units = find_units(source);
  if (source.find_class("GAB")) {
    import_gab(source, out);
    out.what = "a composed block of the reference";
  } else if (units.size() == 1) {
    UnitTree tree{.file = file};
    tree.units.emplace(units[0]->name, read_tree_unit(text, file, tree));
    import_tree(std::move(tree), out);
    out.what = "a unit of the reference";
  } else if (units.size() > 1) {
    throw Error("cannot read '" + file + "': " + count_text(units.size(), "unit") +
                " and no class GAB: write one unit a file into a folder, or the class GAB that builds the root");
  } else {
    import_plain(source, out);
    out.what = "a plain PyTorch file, " + count_text(all_paths(out.design).size(), "unit");
  }
}

}  // namespace

std::string import_inside::add_unit(Import& out, const std::string& source, const std::string& name) {
  const std::string hash = hash_hex16(source);
  out.units[hash] = source;
  out.names[hash] = name;
  return hash;
}

Import import_source(const std::string& text, const std::string& file) {
  Import out;
  out.name = Path(file).stem().string();
  import_python(text, file, out);
  return out;
}

Import import_design(const Path& path) {
  Import out;
  const Path clean = (path / "").parent_path();  // without a slash at its end
  out.name = clean.stem().string();
  if (std::filesystem::is_directory(clean)) {
    UnitTree tree = read_tree_folder(clean);
    out.what = "a unit tree of the reference, " + count_text(tree.units.size(), "unit");
    import_tree(std::move(tree), out);
    return out;
  }
  const std::string text = read_file(clean), file = clean.string();
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (clean.extension() == ".json" || (first != text.npos && text[first] == '{')) {
    UnitTree tree = read_tree_json(text, file);
    out.what = "a unit tree of the reference, " + count_text(tree.units.size(), "unit");
    import_tree(std::move(tree), out);
  } else {
    import_python(text, file, out);
  }
  return out;
}

}  // namespace gradus
