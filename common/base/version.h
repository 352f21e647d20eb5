/// Which Gradus this is, and with which libraries it was built: what CMake found, told by --version.
#pragma once

#include <string>

namespace gradus {

std::string version_number();  // "gradus 0.1.0"
std::string build_date();      // of the commit, "2026-01-31"; "" outside a clone
/// version_text() and a line a library: libtorch, CUDA, NCCL, MPI, HDF5, the compiler.
std::string version_page();

}  // namespace gradus
