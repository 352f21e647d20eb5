/// The reference's ranking of designs by benchmarks, as `select --ranking` prints it.
#pragma once

#include <string>

namespace gradus {

/// path: a table (a file) or an experiment; scale: of the experiment's runs, empty: the highest rung.
///   design  massey  colley  borda  mean      a line a design, best first; then `# left out: …` a line a task
std::string ranking_text(const std::string& path, const std::string& scale, bool header);

}  // namespace gradus
