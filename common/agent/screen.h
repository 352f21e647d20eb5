/// Texts that are to be judged, or quoted, must not give orders to their reader. Prompts say so to the models; this
/// says it without one: a proposal or a unit with such words is refused, a card is left out. It stops the plain
/// attempts only; that nothing else is decided by a model's word alone is what protects (the gate, trained weights).
#pragma once

#include <string>

namespace gradus {

/// The words by which a text speaks to its judge ("ignore all previous instructions"); "" where it does not.
std::string words_to_judge(const std::string& text);

}  // namespace gradus
