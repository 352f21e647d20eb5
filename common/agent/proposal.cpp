// proposal.md: the page a person (or a reviewer) reads.
#include <sstream>

#include "agent/genetic.h"

namespace gradus {

std::string proposal_page(const std::string& design_name, const GeneticEngine::Proposal& proposal,
                          const std::vector<Parent>& parents, const UnitPool& pool) {
  const auto name = [&](const std::string& hash) { return pool.name(hash); };
  std::ostringstream out;
  out << "# " << design_name << ": " << proposal.origin.operation
      << (proposal.origin.where.empty() ? "" : " at `" + proposal.origin.where + "`") << "\n\n"
      << proposal.origin.rationale << "\n\n## The block\n\n";
  for (const Parent& p : parents)
    for (const std::string& wanted : proposal.origin.parents)
      if (p.name == wanted) out << "- " << p.name << ": `" << to_line(p.design, name) << "`\n";
  out << "- " << design_name << ": `" << to_line(proposal.design, name) << "`\n\n## What would count against it\n\n"
      << "No gain over its parent at equal parameters and tokens on paired seeds, each at its own learning rate; or a "
         "gain "
         "that\nshrinks from one rung to the next: then it learns faster, not better.\n\n"
      << "Proposed by the genetic engine, which reads no literature and knows no results but its parents'.\n";
  return out.str();
}

}  // namespace gradus
