/// Designs from files that were not written for Gradus (design.md §4, Import): a plain PyTorch file, and the unit trees
/// and blocks of Genesys (arXiv:2506.20249). The files are read and cut as text; none of their code runs here.
///
/// A plain file becomes one unit; or several, where constructor arguments have classes of the file as defaults: these
/// are slots. A unit tree of Genesys is a JSON file (root, units: each with code, children, args; declares), or a
/// folder with a file a unit, each a subclass of GAUBase. A block that Genesys composed is a file with class GAB.
///
/// The reference's units are not independent: all get one dict of hyper-parameters, which each may change, and hand
/// each other tensors by name (Z). So a tree becomes one unit, its source composed as the reference composes it; as
/// several units it would compute something else. Z ends where the tree ends. From block to block it goes on, as there,
/// in the `carry`, but only if the root reads it: what no `_forward` names is never seen.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "design/tree.h"

namespace gradus {

struct Import {
  std::string name;                          // of the file
  std::string what;                          // "a plain PyTorch file, 3 units"
  std::map<std::string, std::string> units;  // hash → source
  std::map<std::string, std::string> names;  // hash → what people call it: the class, or the tree inside
  Design design;
  bool open = false;               // slots are left that only the library can fill
  std::vector<std::string> notes;  // what was assumed where the file does not say, a sentence each
};

/// Error naming file, field or line, and the mend.
Import import_design(const Path& path);
/// From the text of a Python file; `file` names it in messages.
Import import_source(const std::string& text, const std::string& file);

}  // namespace gradus
