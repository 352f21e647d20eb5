#include "agent/rationale.h"

#include <algorithm>
#include <utility>

#include "agent/genetic.h"

namespace gradus {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

/// First match in the class name wins: the special before the general.
constexpr std::pair<const char*, const char*> kFamilies[] = {
    {"window", "near tokens carry most of what the next one depends on, and a window learns them sooner at less cost"},
    {"linearattention", "a state of fixed size replaces all earlier keys, so cost grows with the length only"},
    {"differential", "the difference of two attention maps cancels what both attend to by accident"},
    {"groupedquery", "shared keys and values leave parameters for other parts"},
    {"attention", "any earlier token can be looked up exactly"},
    {"retention", "decays at fixed rates give each head its own length of memory"},
    {"delta", "a memory that overwrites what it holds for a key recalls better than one that only adds"},
    {"recurren", "gates that depend on the token decide what to keep, and local statistics are learned fast"},
    {"mingru", "gates that depend on the token decide what to keep, and local statistics are learned fast"},
    {"gru", "gates that depend on the token decide what to keep"},
    {"mamba", "a selective state keeps what matters at a cost that grows with the length only"},
    {"conv", "short patterns of neighbouring tokens are read directly, which attention must learn first"},
    {"shift", "each token sees its neighbour for nothing"},
    {"swiglu", "a gated MLP does more with the same parameters than a plain one"},
    {"geglu", "a gated MLP does more with the same parameters than a plain one"},
    {"relu", "squared rectified units are sparse and train well at small sizes"},
    {"expert", "only a part of the parameters works on each token"},
    {"layernorm", "centring as well as scaling steadies the input of the next part"},
    {"rmsnorm", "scaling alone is enough to steady the input and keeps the mean"},
    {"rotary", "positions enter as angles, so that scores depend on distances"},
    {"alibi", "a penalty on distance favours near tokens from the first step"},
    {"gatedsum", "a gate decides token by token which of the two to trust"},
    {"parallel", "parts that read the same input learn independently and shorten the path of gradients"},
    {"series", "each part works on what the one before has found"},
    {"prenorm", "a clean residual path lets gradients reach all blocks"},
    {"postnorm", "normalised sums keep the depth from growing out of scale"},
    {"gate", "a gate suppresses what is of no use at a token"},
    {"identity", "what was there may not have been needed"},
};

constexpr std::pair<const char*, std::pair<const char*, const char*>> kArguments[] = {
    {"window",
     {"a longer window reaches dependencies that were cut off",
      "a shorter window concentrates on what is learned first"}},
    {"head_dim",
     {"fewer and wider heads match keys more sharply", "more and narrower heads attend to more places at once"}},
    {"head", {"more heads attend to more places at once", "fewer heads leave more width to each"}},
    {"kernel", {"a wider kernel reads longer patterns", "a narrower kernel has less to learn"}},
    {"width", {"a wider kernel reads longer patterns", "a narrower kernel has less to learn"}},
    {"base", {"slower rotations tell far positions apart", "faster rotations tell near positions apart"}},
    {"theta", {"slower rotations tell far positions apart", "faster rotations tell near positions apart"}},
    {"state", {"a larger state remembers more", "a smaller state leaves parameters for other parts"}},
};

/// The docstring's first sentence, without its full stop.
std::string first_sentence(const std::string& doc) {
  std::string text = doc.substr(0, doc.find("\n\n"));
  const size_t stop = text.find(". ");
  if (stop != std::string::npos) text = text.substr(0, stop);
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  text.erase(0, text.find_first_not_of(' ') == std::string::npos ? 0 : text.find_first_not_of(' '));
  return text.size() > 160 ? text.substr(0, text.rfind(' ', 157)) + " …" : text;
}

}  // namespace

std::string why_unit(const UnitInterface& unit) {
  const std::string name = lower(unit.class_name);
  for (const auto& [word, reason] : kFamilies)
    if (name.find(word) != std::string::npos) return reason;
  const std::string doc = first_sentence(unit.doc);
  return doc.empty() ? "the library has it and this place has not seen it"
                     : "it does something else there (" + doc + ")";
}

std::string why_argument(const std::string& name, bool larger) {
  for (const auto& [word, reasons] : kArguments)
    if (lower(name).find(word) != std::string::npos) return larger ? reasons.first : reasons.second;
  return larger ? "the library's value may be too small here" : "the library's value may be too large here";
}

std::string rationale(const Change& change, const std::vector<std::string>& parents) {
  std::string start = parents.empty() ? "From scratch" : "From " + parents.front();
  if (parents.size() > 1) start += " and " + parents[1];
  return start + ": " + change.what + ". It might help because " + change.why + ".";
}

}  // namespace gradus
