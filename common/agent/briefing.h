/// What an agent is told of an experiment: parents with scores and intervals, their units, siblings, failures and why,
/// the nearest earlier texts. All of it is read as text; no unit runs here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/genetic.h"
#include "design/experiment.h"

namespace gradus {

/// Name of the last top-level class of a source, as text; "" where there is none.
std::string class_name_of(const std::string& source);
/// The tree in one line, units by their class names.
std::string tree_line(const Design& design, const UnitStore& units);

/// {name, tree, score, proposal, dynamics, units: [{slot, source}]}; without sources `units` is empty.
nlohmann::json describe_parents(const Experiment& experiment, int generation, const std::vector<Parent>& parents,
                                bool with_sources);
/// "g001-001: its title (rated 3.5)": earlier slots of the generation with a parent in common, at most n.
nlohmann::json describe_siblings(const Experiment& experiment, const DesignName& design,
                                 const std::vector<std::string>& parents, int n);
/// "g001-002: refused by causality in mixer: …": of this generation and the one before, the newest first, at most n.
nlohmann::json describe_failures(const Experiment& experiment, const DesignName& design, int n);

struct TextRelative {
  std::string name, text;
  double likeness = 0;  // cosine of tf-idf over words: 0 nothing in common, 1 equal
};
/// Earlier proposals by likeness of their text, nearest first, at most n; baselines are not among them.
std::vector<TextRelative> text_relatives(const Experiment& experiment, const DesignName& design,
                                         const std::string& text, size_t n);
double text_likeness(const std::string& a, const std::string& b, const std::vector<std::string>& background);

}  // namespace gradus
