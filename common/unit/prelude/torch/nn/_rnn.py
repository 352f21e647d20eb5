import math

import _torch
import torch
from torch.nn import init
from torch.nn._module import Module
from torch.nn.parameter import Parameter
from torch.nn.utils.rnn import PackedSequence


class _RNN(Module):
    gates = 1

    def __init__(self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
                 device=None, dtype=None, proj_size=0):
        super().__init__()
        if proj_size and (type(self).gates != 4 or proj_size >= hidden_size):
            raise ValueError("proj_size argument is only supported for LSTM, and has to be smaller than hidden_size")
        self.proj_size = proj_size
        state = proj_size or hidden_size
        self.input_size, self.hidden_size, self.num_layers, self.bias = input_size, hidden_size, num_layers, bias
        self.batch_first, self.dropout, self.bidirectional = batch_first, float(dropout), bidirectional
        directions = 2 if bidirectional else 1
        self._flat_weights_names = []
        for layer in range(num_layers):
            for direction in range(directions):
                width = input_size if layer == 0 else state * directions
                suffix = f"_l{layer}" + ("_reverse" if direction else "")
                shapes = [("weight_ih", (self.gates * hidden_size, width)), ("weight_hh", (self.gates * hidden_size, state))]
                if bias:
                    shapes += [("bias_ih", (self.gates * hidden_size,)), ("bias_hh", (self.gates * hidden_size,))]
                if proj_size:
                    shapes.append(("weight_hr", (proj_size, hidden_size)))
                for name, shape in shapes:
                    setattr(self, name + suffix, Parameter(torch.empty(shape, device=device, dtype=dtype)))
                    self._flat_weights_names.append(name + suffix)
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self):
        pass

    @property
    def all_weights(self):
        per_layer = (4 if self.bias else 2) + bool(self.proj_size)
        every = [getattr(self, name) for name in self._flat_weights_names]
        return [every[k:k + per_layer] for k in range(0, len(every), per_layer)]

    def extra_repr(self):
        text = f"{self.input_size}, {self.hidden_size}"
        for name, usual in (("proj_size", 0), ("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0.0),
                            ("bidirectional", False)):
            if getattr(self, name) != usual:
                text += f", {name}={getattr(self, name)}"
        return text

    def _zeros(self, batch, dtype, size):
        return torch.zeros(self.num_layers * (2 if self.bidirectional else 1), batch, size, dtype=dtype)

    def _run(self, function, input, states):
        """states: what was given, one or two of them or none."""
        weights = [getattr(self, name) for name in self._flat_weights_names]
        settings = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        sizes = [self.proj_size or self.hidden_size, self.hidden_size] if self.gates == 4 else [self.hidden_size]
        wrap = (lambda s: list(s)) if self.gates == 4 else (lambda s: s[0])
        if isinstance(input, PackedSequence):
            data, batch_sizes, order, back = input
            if states is None:
                states = [self._zeros(int(batch_sizes[0]), data.dtype, n) for n in sizes]
            elif order is not None:
                states = [s.index_select(1, order) for s in states]
            output, *states = function(data, batch_sizes, wrap(states), weights, *settings)
            states = [s if back is None else s.index_select(1, back) for s in states]
            return PackedSequence(output, batch_sizes, order, back), states
        single = input.dim() == 2
        if input.dim() not in (2, 3):
            raise ValueError(f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        if input.size(-1) != self.input_size:
            raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}")
        time = 0 if self.batch_first else 1
        if single:
            input = input.unsqueeze(time)
            states = None if states is None else [s.unsqueeze(1) for s in states]
        if states is None:
            states = [self._zeros(input.size(time), input.dtype, n) for n in sizes]
        output, *states = function(input, wrap(states), weights, *settings, self.batch_first)
        return (output.squeeze(time), [s.squeeze(1) for s in states]) if single else (output, states)


class GRU(_RNN):
    gates = 3

    def forward(self, input, hx=None):
        output, states = self._run(_torch.gru, input, None if hx is None else [hx])
        return output, states[0]


class RNN(_RNN):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0,
                 bidirectional=False, device=None, dtype=None):
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        function = _torch.rnn_tanh if self.nonlinearity == "tanh" else _torch.rnn_relu
        output, states = self._run(function, input, None if hx is None else [hx])
        return output, states[0]


class LSTM(_RNN):
    gates = 4

    def forward(self, input, hx=None):
        output, states = self._run(_torch.lstm, input, hx)
        return output, tuple(states)


class _Cell(Module):
    gates = 1

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self.weight_ih = Parameter(torch.empty((self.gates * hidden_size, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(torch.empty((self.gates * hidden_size, hidden_size), device=device, dtype=dtype))
        if bias:
            self.bias_ih = Parameter(torch.empty(self.gates * hidden_size, device=device, dtype=dtype))
            self.bias_hh = Parameter(torch.empty(self.gates * hidden_size, device=device, dtype=dtype))
        else:
            self.register_parameter("bias_ih", None)
            self.register_parameter("bias_hh", None)
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self):
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")

    def _state(self, input, hx):
        return torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype) if hx is None else hx

    def _call(self, function, input, hx):
        """Of one sample or of a batch."""
        if input.dim() == 1:
            states = None if hx is None else [h.unsqueeze(0) for h in hx]
            return [h.squeeze(0) for h in self._call(function, input.unsqueeze(0), states)]
        states = [self._state(input, None)] * (2 if self.gates == 4 else 1) if hx is None else list(hx)
        result = function(input, states if self.gates == 4 else states[0], self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return list(result) if self.gates == 4 else [result]


class RNNCell(_Cell):
    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        function = torch.rnn_tanh_cell if self.nonlinearity == "tanh" else torch.rnn_relu_cell
        return self._call(function, input, None if hx is None else [hx])[0]

    def extra_repr(self):
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else text + f", nonlinearity={self.nonlinearity}"


class GRUCell(_Cell):
    gates = 3

    def forward(self, input, hx=None):
        return self._call(_torch.gru_cell, input, None if hx is None else [hx])[0]


class LSTMCell(_Cell):
    gates = 4

    def forward(self, input, hx=None):
        return tuple(self._call(_torch.lstm_cell, input, hx))
