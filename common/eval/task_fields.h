/// The parts of a task file: how its metrics, filters and generation are set.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"

namespace gradus {

/// Whatever it is, it is not used here.
struct Unused {};
inline bool read_setting(const YAML::Node&, Unused&, std::string&) { return true; }
inline YAML::Node write_setting(const Unused&) { return {}; }

struct MetricSpec {
  std::string metric, aggregation = "";
  bool higher_is_better = true, ignore_case = false, ignore_punctuation = false, ignore_numbers = false;
  std::vector<std::string> regexes_to_ignore;
  bool weight_by_size = true;            // of a group
  std::vector<std::string> filter_list;  // of a group: ignored, all are aggregated
  template <class V>
  void fields(V& v) {
    v("metric", metric);
    v("aggregation", aggregation);
    v("higher_is_better", higher_is_better);
    v("ignore_case", ignore_case);
    v("ignore_punctuation", ignore_punctuation);
    v("ignore_numbers", ignore_numbers);
    v("regexes_to_ignore", regexes_to_ignore);
    v("weight_by_size", weight_by_size);
    v("filter_list", filter_list);
  }
};

struct FilterStep {
  std::string function, regex_pattern = "#### (\\-?[0-9\\.\\,]+)", fallback = "[invalid]";
  int64_t group_select = 0, k = 1;
  template <class V>
  void fields(V& v) {
    v("function", function);
    v("regex_pattern", regex_pattern);
    v("group_select", group_select);
    v("fallback", fallback);
    v("k", k);
  }
};
struct FilterSpec {
  std::string name;
  std::vector<FilterStep> filter;
  template <class V>
  void fields(V& v) {
    v("name", name);
    v("filter", filter);
  }
};

struct GenerationSpec {
  std::vector<std::string> until;
  bool do_sample = false;
  double temperature = 0;
  int64_t max_gen_toks = 256;
  template <class V>
  void fields(V& v) {
    v("until", until);
    v("do_sample", do_sample);
    v("temperature", temperature);
    v("max_gen_toks", max_gen_toks);
  }
};

}  // namespace gradus
