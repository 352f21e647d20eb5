/// What a person at a terminal sees and a pipe never does: colour, and columns that stand below each other.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// Is the stream (1 stdout, 2 stderr) a terminal? GRADUS_TERMINAL=no says no, for scripts that keep what is printed; a
/// rank of mpirun has none.
bool is_terminal(int stream);
/// Takes a progress bar off the terminal before something else is written there; defined in log.cpp, which knows of it.
void clear_bar();
/// Colour on this stream: a terminal that is not `dumb`, and no NO_COLOR in the environment (https://no-color.org).
bool wants_color(int stream);

enum class Color { kNone, kRed, kGreen, kYellow, kGrey };
std::string paint(std::string_view text, Color color, bool wanted);

/// Characters that take a column: code points of UTF-8.
size_t visible_width(std::string_view text);

/// Lines of tab-separated cells as columns. Records come one by one, as each is done, so a column is as wide as what it
/// held so far: the first lines say the least (reserve() helps), and nothing printed is ever moved.
class Columns {
 public:
  explicit Columns(bool colored = false) : colored_(colored) {}
  void reserve(size_t column, size_t width);
  /// `text`: whole lines. Lines without a tab are left alone. A line that begins with `#` is a header; in the first
  /// two columns verdicts have their colour.
  std::string align(std::string_view text);

 private:
  std::vector<size_t> widths_;
  bool colored_;
};

}  // namespace gradus
