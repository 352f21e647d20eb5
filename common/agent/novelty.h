/// Review without a model: is a candidate lawful, new, and affordable? Everything that runs a unit happens in a child.
#pragma once

#include <string>
#include <vector>

#include "agent/pool.h"
#include "design/experiment.h"

namespace gradus {

/// 0: equal; 1: nothing in common. The smaller of two views, each a share of all units: what differs place by place
/// (slots matched by name), and what is in no equal subtree anywhere (so a wrapped tree stays near).
double tree_distance(const Design& a, const Design& b);

/// What running a candidate in the child has shown.
struct Examination {
  bool lawful = false;
  std::string fault;  // first reason where it is not
  std::string design_id, trace_id;
  Fit fit;  // at the lowest rung
  template <class V>
  void fields(V& v) {
    v("lawful", lawful);
    v("fault", fault);
    v("design_id", design_id);
    v("trace_id", trace_id);
    v("fit", fit);
  }
};
void register_examination_child();
/// One answer a design, in order; crashes and timeouts are faults.
std::vector<Examination> examine_in_child(const Experiment& experiment, const std::vector<Design>& designs);
/// In this process: for designs whose units have passed before.
Examination examine(const Experiment& experiment, const Design& design);

struct KnownDesign {
  std::string name;
  Design design;
  std::string design_id, trace_id;  // empty: never examined
  double flops_ratio = 0;           // a token, against the seed, at the lowest rung; 0: not known
};
/// The designs `candidate` is compared with: all earlier by name, and later ones that were accepted before. Identities
/// are read where they were recorded and found in the child where not. Trees that cannot be read are left out.
std::vector<KnownDesign> known_designs(const Experiment& experiment, const DesignName& candidate);

/// The verdict, with reasons in words. `line` names units for people.
Review judge(const Design& design, const Examination& examination, const std::vector<KnownDesign>& known,
             const ReviewSettings& settings);

/// FLOPs a token against the seed's; 0 where they are not known.
double flops_ratio(const Fit& fit);

/// Name of the known design with this identity, or "". An equal trace is of 16 tokens: where the FLOPs at the rung's
/// context differ (a window, say), the designs do too.
std::string duplicate_of(const Examination& examination, const std::vector<KnownDesign>& known);

}  // namespace gradus
