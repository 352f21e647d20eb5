/// A trained run on text of the user's: bits per byte of a file, and what the model writes after a prompt.
#pragma once

#include <string>
#include <vector>

#include "base/tool.h"
#include "eval/generate.h"
#include "eval/trained_model.h"

namespace gradus {

struct TextScore {
  double bits_per_byte = 0, untrained_bits_per_byte = 0;
  int64_t bytes = 0, tokens = 0;
};

/// In windows that do not overlap, as much before each token as fits. Loads the weights of `trained`. Error when it is
/// no better than untrained on a text of 4,096 bytes or more, or the text is empty or not UTF-8.
TextScore score_text(TrainedModel& trained, const std::string& text, const std::string& name,
                     const Communicator& communicator);

/// --temperature, --top-k, --top-p, --draw, -n; UsageError naming what is out of range.
GenerateOptions read_generate_options(const Args& args);

/// What follows a prompt, as a JSON text on one line.
std::string write_after(TrainedModel& trained, const std::string& prompt, const GenerateOptions& options,
                        const Communicator& communicator);

/// As a record shows it.
std::vector<std::string> words_of(const TextScore& score);

}  // namespace gradus
