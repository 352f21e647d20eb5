/// The class torch.Tensor: its properties, its hooks, and the methods that are no plain operator.
#pragma once

#include "unit/tensor/tensor.h"

namespace gradus {

void install_tensor_class(Interpreter&);
/// Methods that Python writes by hand: to, float, size, tolist, backward, split, unflatten, …
void add_tensor_methods(Interpreter&);

/// torch.nn.Parameter(data, requires_grad=True)
Value make_parameter(Interpreter&, const at::Tensor& data, bool requires_grad);

/// x.to(…) in all its forms.
Value tensor_to(Interpreter&, const Arguments&);
/// torch.split and Tensor.split
Value tensor_split(Interpreter&, const Arguments&);
/// torch.norm, torch.unique, torch.nonzero, torch.tensordot …: see functions.cpp
Value tensor_norm(Interpreter&, const Arguments&);
Value tensor_unique(Interpreter&, const Arguments&);
Value tensor_unique_consecutive(Interpreter&, const Arguments&);
Value tensor_nonzero(Interpreter&, const Arguments&);
Value tensor_where_method(Interpreter&, const Arguments&);

/// Raises where `x.requires_grad = wanted` would, or with only_leaves false x.requires_grad_(wanted).
void check_requires_grad(Interpreter&, const at::Tensor&, bool wanted, bool only_leaves);
/// Runs the engine; an exception of a callback comes out as itself.
void run_backward(Interpreter&, const std::vector<at::Tensor>& roots, const std::vector<at::Tensor>& gradients,
                  bool retain_graph, bool create_graph);

}  // namespace gradus
