// LibTorch's threads, memory and matrix products for the kernels.
#pragma once

#include "Backend.h"

namespace blpseg {

const Backend &torch_backend();

}  // namespace blpseg
