/// A small template engine in Jinja's syntax, over JSON: what task files and prompts are written in.
/// Output `{{ field.sub[0][1:] | filter(arg) }}`; `{% if %} {% elif %} {% else %} {% endif %}`; `{% for k, v in list if
/// condition %} {% else %} {% endfor %}` with `loop.index` and the like; `{% set a = 1 %}`, `{% set a %} {% endset %}`;
/// `{% raw %} {% endraw %}`; `{# comment #}`; a dash at a brace trims. Filters and methods: template_filter.cpp,
/// template_list.cpp; tests: template_test.cpp. What is undefined may be asked about and is an error else.
/// Not here: macros, imports, inheritance, calls of Python. Errors name template, line and the nearest known name.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// Read once, its grammar and names of filters checked; filled often.
class Template {
 public:
  /// `keep_last_newline`: Jinja drops one line break at the end unless told so.
  explicit Template(std::string_view text, std::string name, bool keep_last_newline = false);
  ~Template();
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;

  /// The order of `values` is kept where mappings are walked.
  std::string render(const nlohmann::ordered_json& values) const;
  /// Where the template is one `{{ expression }}` and nothing else, its value; else its text.
  nlohmann::ordered_json value(const nlohmann::ordered_json& values) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string render_template(std::string_view text, const nlohmann::json& values, const std::string& name);

}  // namespace gradus
