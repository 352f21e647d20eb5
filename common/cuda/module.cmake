# libgradus_cuda.so beside the tools, where libtorch has its CUDA half and the toolkit and NCCL are found; else a line
# that says what is missing, and everything else is as it is without it.
option(GRADUS_CUDA "build the CUDA module where possible" ON)
set(missing)
if(NOT GRADUS_CUDA)
  set(missing "GRADUS_CUDA is OFF")
elseif(NOT EXISTS ${LIBTORCH}/lib/libtorch_cuda.so)
  set(missing "${LIBTORCH}/lib has no libtorch_cuda.so (a CPU libtorch)")
else()
  find_package(CUDAToolkit QUIET)
  # libtorch and this module share one CUDA runtime, and so its major version.
  file(STRINGS ${LIBTORCH}/lib/libc10_cuda.so runtime REGEX "^libcudart\\.so\\.[0-9]+$" LIMIT_COUNT 1)
  string(REGEX MATCH "[0-9]+$" runtime "${runtime}")
  # libtorch's own where it brought them, as its wheel does: libtorch_cuda wants NCCL no older than what it was built with.
  get_filename_component(nvidia ${LIBTORCH}/../nvidia ABSOLUTE)
  find_path(NCCL_INCLUDE nccl.h PATHS ${nvidia}/nccl/include NO_DEFAULT_PATH)
  find_path(NCCL_INCLUDE nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(NCCL_LIBRARY NAMES libnccl.so.2 PATHS ${nvidia}/nccl/lib NO_DEFAULT_PATH)
  find_library(NCCL_LIBRARY NAMES nccl libnccl.so.2 HINTS ${CUDAToolkit_LIBRARY_DIR})
  if(NOT CUDAToolkit_FOUND OR NOT CUDAToolkit_NVCC_EXECUTABLE)
    set(missing "no CUDA toolkit with nvcc (CUDAToolkit_ROOT)")
  elseif(runtime AND NOT runtime EQUAL CUDAToolkit_VERSION_MAJOR)
    set(missing "libtorch is of CUDA ${runtime}, the toolkit is ${CUDAToolkit_VERSION}")
  elseif(NOT NCCL_INCLUDE OR NOT NCCL_LIBRARY)
    set(missing "no NCCL (NCCL_INCLUDE, NCCL_LIBRARY)")
  endif()
endif()
if(missing)
  message(STATUS "CUDA module: not built: ${missing}")
  return()
endif()
message(STATUS "CUDA module: CUDA ${CUDAToolkit_VERSION}, ${NCCL_LIBRARY}")
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90)  # A100 and its like; H100, H200, and by their PTX what comes after
endif()
set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
enable_language(CUDA)
add_library(gradus_cuda MODULE common/cuda/kernels.cu common/cuda/module.cpp common/cuda/ranks.cpp)
set_target_properties(gradus_cuda PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
  CUDA_STANDARD 17 CUDA_RUNTIME_LIBRARY Shared CXX_VISIBILITY_PRESET default)
target_include_directories(gradus_cuda PRIVATE ${CMAKE_SOURCE_DIR}/common)
target_include_directories(gradus_cuda SYSTEM PRIVATE ${LIBTORCH}/include ${LIBTORCH}/include/torch/csrc/api/include
  ${CUDAToolkit_INCLUDE_DIRS} ${NCCL_INCLUDE})
target_link_libraries(gradus_cuda PRIVATE ${LIBTORCH}/lib/libtorch_cuda.so ${LIBTORCH}/lib/libc10_cuda.so
  ${LIBTORCH}/lib/libtorch_cpu.so ${LIBTORCH}/lib/libc10.so CUDA::cudart ${NCCL_LIBRARY})
# Looked for in this order when it is loaded: whoever is found first is the one CUDA runtime, the one NCCL of the process.
get_filename_component(nccl_folder ${NCCL_LIBRARY} DIRECTORY)
set_target_properties(gradus_cuda PROPERTIES BUILD_RPATH
  "${LIBTORCH}/lib;${nvidia}/cu${CUDAToolkit_VERSION_MAJOR}/lib;${nvidia}/cuda_runtime/lib;${nccl_folder}")
target_link_options(gradus_cuda PRIVATE -Wl,--no-as-needed -Wl,--allow-shlib-undefined)
target_compile_options(gradus_cuda PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow>)
add_dependencies(tools gradus_cuda)
