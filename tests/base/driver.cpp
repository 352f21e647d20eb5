// Renders templates for a peer: each line of standard input is a JSON list [template, values]; each line out is a JSON
// text, or null where the template is refused.
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/template.h"

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto task = nlohmann::ordered_json::parse(line);
    nlohmann::ordered_json out;
    try {
      out = gradus::Template(task[0].get<std::string>(), "template").render(task[1]);
    } catch (const gradus::Error& error) {
      std::cerr << error.what() << "\n";
    }
    std::cout << out.dump() << "\n";
  }
  return 0;
}
