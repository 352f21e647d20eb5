/// Characters of UTF-8 text, as Python's `str` counts and changes them: what task files, whose scores must be those of
/// a Python program, are rendered and measured by. A byte that begins no lawful sequence is a character by itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gradus {

std::vector<std::string_view> characters(std::string_view text);
size_t count_characters(std::string_view text);
/// The number of a character, as `characters` cuts them; U+FFFD for a byte by itself.
char32_t code_point(std::string_view character);
bool is_space(char32_t c);  // str.isspace

/// Simple case mappings of the C library's UTF-8 tables, and ß to SS; not the final sigma of Greek words.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
std::string capitalize(std::string_view text);  // str.capitalize: first to title case, all others to lower
std::string title_case(std::string_view text);  // str.title: each letter after no letter

/// str.strip: of the characters in `set`, of white space when it is empty.
std::string_view strip(std::string_view text, std::string_view set = {}, bool left = true, bool right = true);
/// str.split(): by runs of white space.
std::vector<std::string> split_words(std::string_view text);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to, size_t most = -1);

}  // namespace gradus
