/// Where the tensors of units are. A unit is told "cpu" wherever that is: what was examined on the CPU must not behave
/// otherwise on a GPU, and a unit that names a device finds all its tensors there.
#pragma once

#include <c10/core/Device.h>

#include "unit/tensor/overload.h"
#include "unit/tensor/tensor.h"

namespace gradus {

/// From now on operators make tensors there. Weights are drawn before it, on the CPU, so that they are the same
/// everywhere; later draws (dropout) are those of the device's generator.
void set_device(Interpreter&, c10::Device);

/// All that a module and its children hold: parameters, buffers, and tensors in plain attributes, lists and dicts. To
/// units they stay the same objects.
void move_module(Interpreter&, const Value& module, c10::Device);

/// Before an operator is called off the CPU: a factory without a device makes its tensor on the set one, and a tensor
/// that was made before the move (a constant of a source file) follows it there.
void settle_devices(Interpreter&, const Overload&, c10::Stack&);

}  // namespace gradus
