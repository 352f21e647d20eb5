// Hand-made unit interfaces: what the library's units say of themselves, without running one.
#pragma once

#include "agent/genetic.h"

namespace gradus::test {

inline UnitInterface unit(const std::string& name, UnitKind kind, std::vector<SlotInterface> slots = {}) {
  UnitInterface u;
  u.hash = name, u.class_name = name, u.kind = kind, u.slots = std::move(slots), u.doc = name + " does its work. More.";
  return u;
}

inline UnitPool make_pool() {
  using K = UnitKind;
  const SlotInterface norm{"norm", "normalise channels", K::kToken, {}, {}},
      mixer{"mixer", "mix tokens", K::kSequence, {}, {}}, mlp{"mlp", "transform a token", K::kToken, {}, {}},
      rotary{"rotary", "positions", K::kFunction, {"q", "k"}, {"q", "k"}},
      first{"first", "mix tokens", K::kSequence, {}, {}}, second{"second", "mix tokens", K::kSequence, {}, {}};
  std::map<std::string, UnitInterface> units;
  auto add = [&](UnitInterface u) { units[u.hash] = u; };
  add(unit("PreNorm", K::kSequence, {norm, mixer, mlp}));
  add(unit("ParallelBlock", K::kSequence, {norm, mixer, mlp}));
  UnitInterface attention = unit("Attention", K::kSequence, {rotary});
  attention.defaults = {{"n_heads", 8}};
  add(attention);
  UnitInterface window = unit("SlidingWindowAttention", K::kSequence, {rotary});
  window.defaults = {{"n_heads", 8}, {"window", 16}};
  add(window);
  add(unit("LinearAttention", K::kSequence));
  UnitInterface conv = unit("ShortConvolution", K::kSequence);
  conv.defaults = {{"kernel", 4}, {"eps", 1e-5}, {"chunk", 16}};
  add(conv);
  add(unit("GatedRecurrence", K::kSequence));
  add(unit("GatedSum", K::kSequence, {first, second}));
  add(unit("ConvolutionThen", K::kSequence, {mixer}));
  add(unit("RMSNorm", K::kToken));
  add(unit("LayerNorm", K::kToken));
  for (const char* name : {"SwiGLU", "GEGLU", "ReLU2MLP"}) {
    UnitInterface u = unit(name, K::kToken);
    u.fit = {{"expand", {0.25, 8.0}}};
    u.defaults = {{"expand", 8.0 / 3}};
    add(u);
  }
  for (const char* name : {"Rotary", "NoPosition"}) {
    UnitInterface u = unit(name, K::kFunction);
    u.required_inputs = {"q", "k"}, u.outputs = {"q", "k"};
    if (std::string(name) == "Rotary") u.defaults = {{"base", 10000.0}};
    add(u);
  }
  return UnitPool(std::move(units));
}

inline UnitNode leaf(const std::string& name) { return {name, {}, {}}; }
inline Design gpt2() {
  return {{"PreNorm",
           {},
           {{"mixer", {"Attention", {{"n_heads", 8}}, {{"rotary", leaf("Rotary")}}}},
            {"mlp", leaf("SwiGLU")},
            {"norm", leaf("RMSNorm")}}}};
}
inline Design recurrent() {
  return {
      {"ParallelBlock", {}, {{"mixer", leaf("GatedRecurrence")}, {"mlp", leaf("GEGLU")}, {"norm", leaf("LayerNorm")}}}};
}

}  // namespace gradus::test
