/// Decisions made in parts (rules.promotion async): selected/g004-micro/001.yaml, 002.yaml, … Each part is written
/// once, by whoever is first, and adds to those before it. When the last is there, selected/g004-micro.yaml is their
/// sum.
#pragma once

#include <vector>

#include "design/experiment.h"

namespace gradus {

struct SelectionPart {
  int format = 1;
  bool last = false;  // the stage is decided
  Selection selection;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("last", last);
    v("selection", selection);
  }
};

Path part_file(const Experiment& experiment, int generation, const std::string& stage, size_t number);  // from 1
std::vector<SelectionPart> read_parts(const Experiment& experiment, int generation, const std::string& stage);
/// All that were chosen, in order; the rest as the newest part says.
Selection sum_of(const std::vector<SelectionPart>& parts);

/// Writes a file that must not be there yet; false: somebody was first, and nothing was written. By a hard link, which
/// is made by one alone on NFS and Lustre too; where a file system has none, by a rename.
bool write_file_once(const Path& path, const std::string& bytes);

}  // namespace gradus
