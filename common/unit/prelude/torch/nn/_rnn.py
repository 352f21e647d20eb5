import math

import _torch
import torch
from torch.nn import init
from torch.nn._module import Module
from torch.nn.parameter import Parameter


class _RNN(Module):
    gates = 1

    def __init__(self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
                 device=None, dtype=None):
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers, self.bias = input_size, hidden_size, num_layers, bias
        self.batch_first, self.dropout, self.bidirectional = batch_first, float(dropout), bidirectional
        directions = 2 if bidirectional else 1
        self._flat_weights_names = []
        for layer in range(num_layers):
            for direction in range(directions):
                width = input_size if layer == 0 else hidden_size * directions
                suffix = f"_l{layer}" + ("_reverse" if direction else "")
                shapes = [("weight_ih", (self.gates * hidden_size, width)), ("weight_hh", (self.gates * hidden_size, hidden_size))]
                if bias:
                    shapes += [("bias_ih", (self.gates * hidden_size,)), ("bias_hh", (self.gates * hidden_size,))]
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

    def _run(self, function, input, state):
        weights = [getattr(self, name) for name in self._flat_weights_names]
        return function(input, state, weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional, self.batch_first)

    def _zeros(self, input):
        directions = 2 if self.bidirectional else 1
        batch = input.size(0 if self.batch_first else 1)
        return torch.zeros(self.num_layers * directions, batch, self.hidden_size, dtype=input.dtype)

    def _batched(self, input):
        return input if input.dim() == 3 else input.unsqueeze(0 if self.batch_first else 1)


class GRU(_RNN):
    gates = 3
    operator = _torch.gru

    def forward(self, input, hx=None):
        single = input.dim() == 2
        input = self._batched(input)
        hx = self._zeros(input) if hx is None else hx.unsqueeze(1) if single else hx
        output, state = self._run(_torch.gru, input, hx)
        return (output.squeeze(0 if self.batch_first else 1), state.squeeze(1)) if single else (output, state)


class RNN(_RNN):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0,
                 bidirectional=False, device=None, dtype=None):
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        single = input.dim() == 2
        input = self._batched(input)
        hx = self._zeros(input) if hx is None else hx.unsqueeze(1) if single else hx
        output, state = self._run(_torch.rnn_tanh if self.nonlinearity == "tanh" else _torch.rnn_relu, input, hx)
        return (output.squeeze(0 if self.batch_first else 1), state.squeeze(1)) if single else (output, state)


class LSTM(_RNN):
    gates = 4

    def forward(self, input, hx=None):
        single = input.dim() == 2
        input = self._batched(input)
        if hx is None:
            hx = (self._zeros(input), self._zeros(input))
        elif single:
            hx = (hx[0].unsqueeze(1), hx[1].unsqueeze(1))
        output, h, c = self._run(_torch.lstm, input, list(hx))
        if single:
            return output.squeeze(0 if self.batch_first else 1), (h.squeeze(1), c.squeeze(1))
        return output, (h, c)


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
        bound = 1.0 / math.sqrt(hidden_size) if hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)


class GRUCell(_Cell):
    gates = 3

    def forward(self, input, hx=None):
        hx = torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype) if hx is None else hx
        return _torch.gru_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


class LSTMCell(_Cell):
    gates = 4

    def forward(self, input, hx=None):
        if hx is None:
            zeros = torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype)
            hx = (zeros, zeros)
        return _torch.lstm_cell(input, list(hx), self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
