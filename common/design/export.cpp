// A design as one file of stock PyTorch.
#include <algorithm>
#include <set>

#include "design/block.h"
#include "design/export_inside.h"
#include "design/fit.h"
#include "design/source_text.h"
#include "unit/syntax/lexer.h"
#include "unit/syntax/parse.h"

namespace gradus {
namespace {

/// A unit's file as the body of a function: its lines indented, but for those that begin inside a string (that would
/// change its text). `from __future__` must open a file, so these lines are handed to `futures`.
std::string indent_source(const std::string& bytes, const std::string& file, std::set<std::string>& futures) {
  const syntax::Source source(bytes, file, syntax::Limits().source_bytes);
  const std::string& text = source.text;
  std::set<int> inside;
  for (const syntax::Token& token : syntax::Lexer(source, 200).run()) {
    if (token.kind != syntax::TokenKind::kString) continue;
    for (int line = token.span.line + 1; line <= token.span.end_line; ++line) inside.insert(line);
  }
  std::string out, line;
  int number = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    line = text.substr(start, end - start);
    start = end + 1;
    ++number;
    if (!inside.count(number) && line.starts_with("from __future__"))
      futures.insert(line);
    else
      out += (line.empty() || inside.count(number) ? "" : "    ") + line + "\n";
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

struct Exporter {
  const Design& design;
  const UnitStore& units;
  Shape shape;
  double multiplier;
  std::map<std::string, std::string> names;  // hash → name of the variable that holds the class
  std::set<std::string> futures;

  /// "multi_head_attention" for MultiHeadAttention; numbered where two units are called alike.
  void name_units() {
    std::set<std::string> used = {"block", "functools", "torch", "nn", "json", "struct", "sys", "main", "load"};
    for (const SlotPath& path : all_paths(design)) {
      const std::string& hash = find_node(design, path)->unit;
      if (names.count(hash)) continue;
      std::string name;
      const std::string& class_name = units.interface(hash).class_name;
      for (size_t i = 0; i < class_name.size(); ++i) {
        const bool upper = isupper(static_cast<unsigned char>(class_name[i]));
        const bool after_lower =
            i > 0 && !isupper(static_cast<unsigned char>(class_name[i - 1])) && class_name[i - 1] != '_';
        const bool before_lower =
            i > 0 && i + 1 < class_name.size() && islower(static_cast<unsigned char>(class_name[i + 1]));
        if (upper && (after_lower || (before_lower && class_name[i - 1] != '_'))) name += '_';
        name += static_cast<char>(tolower(static_cast<unsigned char>(class_name[i])));
      }
      if (!used.insert(name).second) {
        int n = 2;
        while (!used.insert(name + "_" + std::to_string(n)).second) ++n;
        name += "_" + std::to_string(n);
      }
      names[hash] = name;
    }
  }

  std::string unit_functions() {
    std::string out;
    std::set<std::string> done;
    for (const SlotPath& path : all_paths(design)) {
      const std::string& hash = find_node(design, path)->unit;
      if (!done.insert(hash).second) continue;
      out += "\n\ndef make_" + names.at(hash) + "():  # unit " + hash + "\n" +
             indent_source(units.source(hash), units.file_name(hash), futures) + "    return " +
             units.interface(hash).class_name + "\n";
    }
    out += "\n\n";
    for (const std::string& hash : done) out += names.at(hash) + " = make_" + names.at(hash) + "()\n";
    return out;
  }

  std::string partial(const UnitNode& node, const std::string& indent) const {
    const UnitInterface& unit = units.interface(node.unit);
    std::vector<std::string> parts{names.at(node.unit)};
    std::map<std::string, nlohmann::json> arguments = node.arguments;
    if (multiplier != 1) {
      for (const auto& [name, range] : unit.fit) arguments.emplace(name, unit.defaults.at(name));
    }
    for (const auto& [name, value] : arguments) {
      parts.push_back(name + "=" + python_literal(fitted_argument(unit, name, value, multiplier)));
    }
    if (unit.takes_layer) parts.push_back("layer=layer");
    if (unit.takes_n_layers) parts.push_back("n_layers=N_BLOCKS");
    if (unit.takes_context) parts.push_back("context=CONTEXT");
    if (parts.size() == 1 && node.slots.empty()) return parts[0];
    std::string out = "functools.partial(";
    for (size_t i = 0; i < parts.size(); ++i) out += (i ? ", " : "") + parts[i];
    for (const auto& [slot, filler] : node.slots)
      out += ",\n" + indent + "    " + slot + "=" + partial(filler, indent + "    ");
    return out + ")";
  }
};

constexpr const char* kModel = R"python(

class LanguageModel(nn.Module):
    """Embedding, N blocks, RMSNorm, head tied to the embedding. tokens (B, T) -> logits (B, T, V)."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, D_MODEL)
        self.blocks = nn.ModuleList(block(layer) for layer in range(N_BLOCKS))
        self.norm = nn.RMSNorm(D_MODEL, eps=1e-5)
        nn.init.normal_(self.embedding.weight, std=0.02)

    def hidden(self, tokens):
        x = self.embedding(tokens)
@CALLS@        return self.norm(x)

    def forward(self, tokens):
        return nn.functional.linear(self.hidden(tokens), self.embedding.weight)


def read_safetensors(path):
    """The tensors of a .safetensors file by name: 8 bytes of header length, a JSON header, the data."""
    types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
             "I64": torch.int64, "I32": torch.int32, "BOOL": torch.bool}
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        begin, end = (start + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=types[entry["dtype"]]) if end > begin else torch.empty(0)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def load(path):
    """The model with the weights of a .safetensors file."""
    model = LanguageModel()
    weights = read_safetensors(path)
    known = model.state_dict()
    missing = [name for name in known if name not in weights]
    if missing:
        raise KeyError(f"{path} has no {', '.join(missing)}")
    model.load_state_dict({name: weights[name] for name in known})
    return model


if __name__ == "__main__":
    model = load(sys.argv[1]) if len(sys.argv) > 1 else LanguageModel()
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
)python";

}  // namespace

ExportedUnits export_units(const Design& design, const UnitStore& units, const Shape& shape, double fit_multiplier) {
  Exporter exporter{design, units, shape, fit_multiplier, {}, {}};
  exporter.name_units();
  ExportedUnits out;
  out.functions = exporter.unit_functions() +
                  "\n\ndef block(layer):\n    \"\"\"One block: the design's tree, root first.\"\"\"\n    return " +
                  exporter.partial(design.root, "    ") + "(D_MODEL)\n";
  out.futures = exporter.futures;
  out.constants = "D_MODEL, N_BLOCKS, VOCABULARY, CONTEXT = " + std::to_string(shape.d_model) + ", " +
                  std::to_string(shape.n_blocks) + ", " + std::to_string(shape.vocabulary) + ", " +
                  std::to_string(shape.context) + "\n";
  out.carries = units.interface(design.root.unit).takes_carry;
  return out;
}

std::string export_pytorch(const Design& design, const UnitStore& units, const Shape& shape, double fit_multiplier,
                           const std::string& title) {
  const ExportedUnits exported = export_units(design, units, shape, fit_multiplier);
  std::string model = kModel;
  const std::string calls =
      exported.carries
          ? "        carry = None\n        for block in self.blocks:\n            x, carry = block(x, carry=carry)\n"
          : "        for block in self.blocks:\n            x = block(x)\n";
  model.replace(model.find("@CALLS@"), 7, calls);
  std::string head = "\"\"\"" + title +
                     "\n\nA language model exported by Gradus as stock PyTorch: the units of its design as they were "
                     "written, each in a\n"
                     "function of its own, and the tree that joins them. Weights made here are PyTorch's own draws; "
                     "`load(path)` reads\n"
                     "trained ones from a .safetensors file.\n\"\"\"\n";
  for (const std::string& line : exported.futures) head += line + "\n";
  return head + "import functools\nimport json\nimport struct\nimport sys\n\nimport torch\nfrom torch import nn\n\n" +
         exported.constants + exported.functions + model;
}

}  // namespace gradus
