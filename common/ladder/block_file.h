/// A person's PyTorch file as a design: the file is the root; slots it declares take what the GPT2 seed has there, or
/// the library. Runs in a child: nobody has run the file before.
#pragma once

#include <string>
#include <vector>

#include "design/fit.h"
#include "design/store.h"

namespace gradus {

struct BlockFile {
  std::string fault;  // why it cannot be a block; "" where it can
  Design design;
  std::string line;  // the tree for people
  std::string trace_id;
  double tolerance = 0.02;  // of parameters, the smallest of kTolerances at which some depth fits
  Fit fit;
};

/// Plain files declare no FIT, so depth alone moves their parameters: the fit may be coarse, and the reference follows
/// it.
inline constexpr double kTolerances[] = {0.02, 0.05, 0.1, 0.2, 0.35, 0.5};

void register_block_child();
/// Sources are added to `units_directory` first; one answer each.
std::vector<BlockFile> import_blocks(const std::vector<std::string>& sources, const Path& units_directory,
                                     const Scale& scale, const CheckSettings& settings);

/// The reference's tree at the multiplier and depth whose blocks have about as many parameters as `target`'s.
Fit match_parameters(const Design& reference, const UnitStore& units, const Scale& scale, const Fit& target);

}  // namespace gradus
