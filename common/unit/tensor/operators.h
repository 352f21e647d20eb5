/// The allow-list: which operators of ATen the language knows, and under which name. Public ones only: none with an
/// underscore in front, none that takes storage or strides, none that touches files, processes or global state.
#pragma once

#include <string_view>
#include <vector>

namespace gradus {

const std::vector<std::string_view>& function_names();
const std::vector<std::string_view>& method_names();
const std::vector<std::string_view>& neural_names();
const std::vector<std::string_view>& prefixed_names();  // "fft_rfft"

}  // namespace gradus
