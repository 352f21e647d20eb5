#include "base/version.h"

#include "base/tool.h"

// CMakeLists.txt defines the macros for this file alone.
namespace gradus {

std::string version_number() { return std::string("gradus ") + GRADUS_VERSION; }

std::string build_date() { return GRADUS_DATE; }

std::string version_text() { return version_number() + " (commit " GRADUS_COMMIT ")"; }

std::string version_page() {
  return version_text() + "\nlibtorch " GRADUS_LIBTORCH "\nCUDA " GRADUS_CUDA "\nNCCL " GRADUS_NCCL "\nMPI " GRADUS_MPI
                          "\nHDF5 " GRADUS_HDF5 "\ncompiler " GRADUS_COMPILER "\n";
}

}  // namespace gradus
