// Runs the programs of a file, each after a line `# %% NAME`, and prints that line and what the program prints.
#include <fstream>
#include <iostream>

#include "unit/run/interpreter.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ifstream in(argv[1]);
  std::string name, text;
  const auto run = [&] {
    if (name.empty()) return;
    std::cout << name << "\n";
    gradus::Interpreter interpreter;
    interpreter.print_sink = [](std::string_view s) { std::cout << s; };
    try {
      interpreter.run(text, "snippet.py", "__main__");
    } catch (const gradus::UnitError& e) {
      std::cout << e.what() << "\n";
    }
  };
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("# %% ", 0) == 0) {
      run();
      name = line;
      text.clear();
    } else {
      text += line + "\n";
    }
  }
  run();
}
