#include "ladder/admission.h"

namespace gradus {

Admission admission(const Experiment& experiment, const DesignName& design) {
  using State = Admission::Kind;
  const Path directory = experiment.directory(design);
  if (const auto review = read_yaml_if_exists<Review>(directory / "review.yaml"); review && !review->accepted)
    return {State::kRefused, "review: " + (review->reasons.empty() ? "rejected" : review->reasons.front())};
  if (const auto built = read_yaml_if_exists<Implementation>(directory / "implement.yaml"); built && !built->built)
    return {State::kRefused, "implement: " + built->reason};
  if (const auto check = read_yaml_if_exists<CheckResult>(directory / "check.yaml")) {
    if (check->passed) return {State::kPassed, ""};
    return {State::kRefused, "check: " + check->reason};
  }
  for (const char* stage : {"review", "implement"})
    if (design.generation > 0 && !std::filesystem::exists(directory / (std::string(stage) + ".yaml")))
      return {State::kUnfinished, stage};
  return {State::kUnfinished, "check"};
}

}  // namespace gradus
