// agent_driver - random lawful trees of the generator that genetics draws from: do they build, fit and pass the gate?
//   agent_driver trees COUNT SEED GATED     a line a tree: number, built, fits nano, fits 14M, gate, why, tree
//                                           the first GATED of them meet the fast gate at nano; then a summary
//   agent_driver export DIR COUNT           every built-in design and COUNT random ones at nano, for export_peer.py
//   agent_driver serve FOLDER P [SEED] [DELAY] [nonsense|sense] [PORT]
//                                           the stand-in server, until killed: its address goes to FOLDER/address, the
//                                           number of requests to FOLDER/count; P: that a unit is right
//   agent_driver table DESIGNS [SEED]       a model of Genesys' Table 3 (table.h)
// tests/soak.sh trees runs the first; nothing is trained.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "../design/peer_files.h"
#include "agent/genetic.h"
#include "base/error.h"
#include "check/gate.h"
#include "design/fit.h"
#include "model_server.h"
#include "stand_in.h"
#include "table.h"

namespace gradus {
namespace {

struct Tally {
  int trees = 0, built = 0, fit = 0, gated = 0, passed = 0;
};

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\t' || c == '\n') c = ' ';
  return text.substr(0, 200);
}

/// Fits at every scale of the settings; the reason of the first that does not, or of what cannot be built.
bool fits(const Design& design, const UnitStore& units, const GateSettings& settings, Tally& tally, std::string& why) {
  bool all = true;
  try {
    for (const auto& [name, scale] : settings.scales) {
      std::string reason;
      const Fit fit = fit_design(design, units, scale, settings.check, &reason);
      std::printf("\t%s", fit.fits ? "fits" : "no");
      if (!fit.fits && why.empty()) why = name + ": " + reason;
      all = all && fit.fits;
    }
  } catch (const std::exception& e) {
    why = std::string("not built: ") + e.what();
    return false;
  }
  tally.built += 1;
  return all;
}

int try_trees(int count, uint64_t seed, int gated) {
  const std::filesystem::path home = std::filesystem::temp_directory_path() / ("trees-" + std::to_string(getpid()));
  std::filesystem::create_directories(home);
  const UnitStore units(home);
  const UnitPool pool(units, {});
  const GeneticEngine engine(pool, {});
  GateSettings settings;
  settings.shape_scale = "nano";
  settings.check.tier = "fast";
  for (const char* name : {"nano", "14M"}) settings.scales[name] = builtin_scales().at(name);
  Tally tally;
  for (int i = 0; tally.trees < count; ++i) {
    Stream stream("trees", {seed, uint64_t(i)});
    const auto change = engine.scratch(stream);
    if (!change) continue;
    std::string why;
    std::printf("%d", ++tally.trees);
    const bool fit = fits(change->design, units, settings, tally, why);
    tally.fit += fit;
    std::string verdict = ".";
    if (fit && tally.trees <= gated) {
      const CheckResult result = check_design(change->design, units, settings);
      tally.gated += 1, tally.passed += result.passed;
      verdict = result.passed ? "ok" : "no";
      if (!result.passed) why = result.reason + " in " + result.unit + ": " + result.evidence;
    }
    std::printf("\t%s\t%s\t%s\n", verdict.c_str(), why.empty() ? "." : one_line(why).c_str(),
                to_line(change->design, [&](const std::string& hash) { return pool.name(hash); }).c_str());
    std::fflush(stdout);
  }
  std::filesystem::remove_all(home);
  std::printf("# %d trees: %d built, %d fit at every scale; of %d at the fast gate %d passed\n", tally.trees,
              tally.built, tally.fit, tally.gated, tally.passed);
  return tally.built == tally.trees && tally.fit >= 0.98 * tally.trees && tally.passed >= 0.95 * tally.gated ? 0 : 1;
}

int export_trees(const std::string& directory, int count) {
  const UnitStore units;
  const UnitPool pool(units, {});
  const GeneticEngine engine(pool, {});
  const Scale& scale = builtin_scales().at("nano");
  const auto write = [&](const std::string& name, const Design& design) {
    const Fit fit = fit_design(design, units, scale, CheckSettings());
    Shape shape = fitted_shape(scale, fit);
    shape.context = 80;  // more than a chunk, and no multiple of one
    write_peer(directory, name, design, units, shape, fit.multiplier);
  };
  for (const std::string& name : builtin_design_names()) write("seed_" + name, builtin_design(name));
  int made = 0;
  for (uint64_t i = 0; made < count; ++i) {
    Stream stream("exported trees", {i});
    if (const auto change = engine.scratch(stream)) write("tree_" + std::to_string(made++), change->design);
  }
  return 0;
}

int serve(const std::filesystem::path& folder, const StandIn& stand_in, int port) {
  ModelServer server([&](const nlohmann::json& request) { return stand_in::answer(stand_in, request); }, port);
  server.on_request([&](int count) { write_file(folder / "count", std::to_string(count) + "\n"); });
  write_file(folder / "count", "0\n");
  write_file(folder / "address", server.url() + "\n");
  for (;;) ::pause();
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  gradus::register_table_children();
  gradus::enter_child_if_asked(argc, argv);
  const std::string what = argc > 1 ? argv[1] : "";
  const auto number = [&](int at) { return argc > at ? std::strtoull(argv[at], nullptr, 10) : 0; };
  if (what == "export" && argc == 4) return gradus::export_trees(argv[2], std::atoi(argv[3]));
  if (what == "trees" && argc == 5) return gradus::try_trees(std::atoi(argv[2]), number(3), std::atoi(argv[4]));
  if (what == "table" && argc >= 3) return gradus::print_table(std::atoi(argv[2]), number(3));
  if (what == "serve" && argc >= 4) {
    gradus::StandIn stand_in;
    stand_in.p = std::atof(argv[3]), stand_in.seed = number(4);
    stand_in.delay_seconds = argc > 5 ? std::atof(argv[5]) : 0;
    stand_in.nonsense = argc > 6 && std::string(argv[6]) == "nonsense";
    return gradus::serve(argv[2], stand_in, int(number(7)));
  }
  std::cerr << "usage: agent_driver trees COUNT SEED GATED | export DIR COUNT | table DESIGNS [SEED]\n"
               "       agent_driver serve FOLDER P [SEED] [DELAY] [nonsense|sense] [PORT]\n";
  return 2;
}
