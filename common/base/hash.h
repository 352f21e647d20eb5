/// Hashes: SHA-256 for identities that are written down, xxHash (XXH3) for checksums and seeds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"

namespace gradus {

std::string sha256_hex(std::string_view bytes);  // 64 hex digits
std::string hash_hex16(std::string_view bytes);  // first 16 hex digits of SHA-256: all our IDs
std::string file_hash_hex16(const Path& path);   // of the file's bytes, streaming
uint64_t checksum64(const void* data, size_t size_bytes, uint64_t seed = 0);  // XXH3
inline uint64_t checksum64(std::string_view s, uint64_t seed = 0) { return checksum64(s.data(), s.size(), seed); }
std::string hex16(uint64_t value);

}  // namespace gradus
