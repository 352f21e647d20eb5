/// Collectives of device memory by NCCL, on a stream of their own: they wait for what is queued, and run beside it.
#pragma once

#include <string>

#include "train/accelerator.h"

namespace gradus {

std::string make_nccl_id();
std::unique_ptr<DeviceRanks> meet_nccl(const std::string& id, int rank, int size);

}  // namespace gradus
