from torch.nn._rnn import GRU, RNN, LSTM, GRUCell, LSTMCell
