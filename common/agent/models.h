/// The catalogue of models (configs/models.yaml and an experiment's agents.models), and what is needed to reach one.
#pragma once

#include <string>

#include "agent/chat.h"
#include "base/file.h"
#include "base/rng.h"

namespace gradus {

/// UsageError naming the nearest where there is none of that name.
ModelSettings find_model(const std::string& name, const AgentSettings& settings);

/// Address and key. Error: the variable is not set, others may read the key's file, no server has written its address
/// or none has refreshed it for ten minutes. `experiment`: what a relative address_file starts from.
Endpoint reach_model(const std::string& name, const ModelSettings& model, const Path& experiment);

enum class Role { kProposer, kSearcher, kReviewer, kPlanner, kCoder, kObserver };
const char* to_string(Role role);
const RoleSettings& role_settings(Role role, const AgentSettings& settings);

/// The model of a role for one design, drawn by weight; by `seed` and the design's numbers alone, so that a resumed job
/// asks the same one. A reviewer takes another than the proposer's where there is a choice. UsageError: none is named.
std::string draw_model(Role role, const AgentSettings& settings, uint64_t seed, int generation, int slot);

double dollars_of(const ModelSettings& model, int64_t input_tokens, int64_t output_tokens);

}  // namespace gradus
