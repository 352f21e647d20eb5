/// A person's design in the place of a proposal: origin.yaml, proposal.md, candidate.yaml, and a review.yaml that has
/// the reviewer's words but is accepted, since a person asked for it. From there on it is a proposal like any other.
#pragma once

#include "agent/novelty.h"
#include "design/import.h"

namespace gradus {

/// In the open generation's next free slot; where the experiment has an import of this very tree, there. `file`: as the
/// person named it. Registered children needed: of the examination, of filling slots.
DesignName place_import(const Experiment& experiment, Import import, const std::string& file);

}  // namespace gradus
