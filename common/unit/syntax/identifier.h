/// Which characters a name may have: Python's rule (PEP 3131), less the characters that Python would silently replace
/// by others (NFKC): they are refused, but for the micro sign, which every keyboard has and Python reads as mu.
#pragma once

namespace gradus::syntax {

constexpr char32_t kMicroSign = 0xB5, kMu = 0x3BC;

bool starts_identifier(char32_t c);
bool continues_identifier(char32_t c);

}  // namespace gradus::syntax
