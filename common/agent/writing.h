/// Implementation by language models, unit by unit (reference/genesys.md §3.3): a planner picks an open slot, a coder
/// writes its unit, the checker and an observer judge it, and what has passed is frozen: so a tree of n units takes Σ
/// 1/pₖ answers and not 1/Π pₖ. With agents.beam above 1 alternatives are kept and the best whole tree is taken; with
/// agents.direct the whole block is written in one answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/drafting.h"
#include "agent/session.h"
#include "agent/unit_check.h"

namespace gradus {

class Writing {
 public:
  Writing(Session& session, UnitChecker& checker, Draft draft, Brief brief);

  struct Result {
    Implementation implementation;
    Design design;    // of a built one
    int answers = 0;  // of the coder
  };
  Result run();

 private:
  struct Written {
    UnitVerdict verdict;
    double evidence = 0;  // sum of ln(rating / 5) over its subtree
  };
  bool spent() const;
  Building start() const;
  std::vector<Written> write_unit(const Building& before, const OpenSlot& slot, const std::string& call,
                                  const std::string& plan, const std::string& reuse, int alternatives);
  UnitVerdict judge_answer(const Building& before, const OpenSlot& slot, const std::string& call,
                           const std::string& source);
  double observe(const OpenSlot& slot, const std::string& call, const std::string& plan, int attempt, int alternative,
                 UnitVerdict& verdict, const std::string& source);
  struct Plan {
    size_t slot = 0;
    std::string text, reuse;
  };
  Plan plan(const Building& building, const std::string& call, int round, const std::vector<std::string>& given_up);
  void unit_by_unit(Result& result);
  void by_beam(Result& result);
  std::optional<std::pair<Building, double>> best_below(const Building& before, const OpenSlot& slot,
                                                        const std::string& call);
  void direct(Result& result);
  void conclude(const Design& design, Result& result);

  Session& session_;
  UnitChecker& checker_;
  Draft draft_;
  Brief brief_;
  std::vector<Attempt> attempts_;
  int answers_ = 0;
};

}  // namespace gradus
