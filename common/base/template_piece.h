/// Inside template.h: a template read: a list of pieces, of which blocks hold pieces of their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/template_expression.h"

namespace gradus::templates {

struct LineFault {
  int line;
  std::string text;
};

struct Piece {
  enum class Kind { kText, kOutput, kIf, kFor, kSet } kind = Kind::kText;
  std::string text;                // kText
  std::vector<std::string> names;  // kFor: loop variables; kSet: the names, {space, field} where one is dotted
  bool dotted = false;             // kSet
  Node expression;                 // kOutput, kFor, kSet without a block
  std::vector<Node> condition;     // kFor … if: none or one
  int line = 1;
  struct Branch {
    std::vector<Node> condition;  // none: else
    int line = 1;
    std::vector<Piece> pieces;
  };
  std::vector<Branch> branches;  // kIf; kFor: the body, then for an empty list; kSet: its block
};

std::vector<Piece> read_template(std::string_view text, bool keep_last_newline);

}  // namespace gradus::templates
