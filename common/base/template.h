/// A small template engine in Jinja's syntax: `{{ field.sub | filter(arg) }}`, `{% if a and not b == 'x' %} {% elif %}
/// {% else %} {% endif %}`, `{% for x in list %} {% endfor %}` with `loop.index0`/`loop.last`, `{# comment #}`, `-`
/// trims. Filters: trim lower upper replace join length first last default capitalize tojson round. Values are JSON.
/// Errors name template, line and the nearest known name.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace gradus {

std::string render_template(std::string_view text, const nlohmann::json& values, const std::string& name);

}  // namespace gradus
