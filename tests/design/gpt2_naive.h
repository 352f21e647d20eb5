/// The GPT2 seed in plain loops over doubles: forward, loss and the derivative of every parameter, written out by hand
/// from the formulas and without a tensor library. Slow on purpose; the oracle of gpt2_naive_test.
///
/// B batch, T tokens, C channels, H heads, D = C / H head width, F width of the MLP, V vocabulary. All arrays
/// row-major.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gradus::naive {

using Array = std::vector<double>;

/// y[r][o] = sum_i x[r][i] w[o][i] + b[o];  x: (R, I), w: (O, I), b: (O) or empty.
inline Array linear(const Array& x, const Array& w, const Array& b, size_t I) {
  const size_t R = x.size() / I, O = w.size() / I;
  Array y(R * O, 0.0);
  for (size_t r = 0; r < R; ++r)
    for (size_t o = 0; o < O; ++o) {
      double sum = b.empty() ? 0.0 : b[o];
      for (size_t i = 0; i < I; ++i) sum += x[r * I + i] * w[o * I + i];
      y[r * O + o] = sum;
    }
  return y;
}

/// Adds dL/dw and dL/db, returns dL/dx.
inline Array linear_backward(const Array& dy, const Array& x, const Array& w, size_t I, Array& dw, Array* db) {
  const size_t R = x.size() / I, O = w.size() / I;
  Array dx(x.size(), 0.0);
  for (size_t r = 0; r < R; ++r)
    for (size_t o = 0; o < O; ++o) {
      const double d = dy[r * O + o];
      if (db) (*db)[o] += d;
      for (size_t i = 0; i < I; ++i) {
        dw[o * I + i] += d * x[r * I + i];
        dx[r * I + i] += d * w[o * I + i];
      }
    }
  return dx;
}

constexpr double kEpsilon = 1e-5;

/// y = w x / sqrt(mean(x²) + eps) over the last C.
inline Array rms_norm(const Array& x, const Array& w) {
  const size_t C = w.size();
  Array y(x.size());
  for (size_t r = 0; r < x.size() / C; ++r) {
    double square = 0;
    for (size_t c = 0; c < C; ++c) square += x[r * C + c] * x[r * C + c];
    const double scale = 1 / std::sqrt(square / double(C) + kEpsilon);
    for (size_t c = 0; c < C; ++c) y[r * C + c] = w[c] * x[r * C + c] * scale;
  }
  return y;
}

/// With s = (mean(x²) + eps)^(-1/2): dx = s w dy - x s³ / C sum_c(w dy x),  dw = sum_r dy x s.
inline Array rms_norm_backward(const Array& dy, const Array& x, const Array& w, Array& dw) {
  const size_t C = w.size();
  Array dx(x.size());
  for (size_t r = 0; r < x.size() / C; ++r) {
    double square = 0, dot = 0;
    for (size_t c = 0; c < C; ++c) {
      square += x[r * C + c] * x[r * C + c];
      dot += w[c] * dy[r * C + c] * x[r * C + c];
    }
    const double s = 1 / std::sqrt(square / double(C) + kEpsilon);
    for (size_t c = 0; c < C; ++c) {
      dw[c] += dy[r * C + c] * x[r * C + c] * s;
      dx[r * C + c] = s * w[c] * dy[r * C + c] - x[r * C + c] * s * s * s / double(C) * dot;
    }
  }
  return dx;
}

/// Turns pair i of a head's D channels at position t by direction · t / 10000^(2i/D). The inverse turn is its backward.
inline void turn(double* head, size_t D, size_t t, double direction) {
  for (size_t i = 0; i < D / 2; ++i) {
    const double angle = direction * double(t) / std::pow(10000.0, 2.0 * double(i) / double(D));
    const double a = head[2 * i], b = head[2 * i + 1];
    head[2 * i] = a * std::cos(angle) - b * std::sin(angle);
    head[2 * i + 1] = a * std::sin(angle) + b * std::cos(angle);
  }
}

struct Shape {
  size_t B, T, C, H, V, n_blocks;
};
using Parameters = std::map<std::string, Array>;

/// One block's activations that its backward needs.
struct BlockState {
  Array x, norm_1, qkv /* q and k turned */, attention /* (B, H, T, T) */, mixed, residual, norm_2, up, gated;
};

/// softmax(q kᵀ / sqrt(D)) v over s ≤ t; qkv: (B, T, 3, H, D), y: (B, T, H, D).
inline Array attend(const Array& qkv, const Shape& n, Array& attention) {
  const size_t D = n.C / n.H;
  Array y(n.B * n.T * n.C, 0.0);
  attention.assign(n.B * n.H * n.T * n.T, 0.0);
  const auto at = [&](size_t b, size_t t, size_t part, size_t h) { return ((b * n.T + t) * 3 + part) * n.C + h * D; };
  for (size_t b = 0; b < n.B; ++b)
    for (size_t h = 0; h < n.H; ++h)
      for (size_t t = 0; t < n.T; ++t) {
        double* p = &attention[((b * n.H + h) * n.T + t) * n.T];
        double largest = -1e300, total = 0;
        for (size_t s = 0; s <= t; ++s) {
          for (size_t d = 0; d < D; ++d) p[s] += qkv[at(b, t, 0, h) + d] * qkv[at(b, s, 1, h) + d];
          p[s] /= std::sqrt(double(D));
          largest = std::max(largest, p[s]);
        }
        for (size_t s = 0; s <= t; ++s) total += p[s] = std::exp(p[s] - largest);
        for (size_t s = 0; s <= t; ++s) {
          p[s] /= total;
          for (size_t d = 0; d < D; ++d) y[(b * n.T + t) * n.C + h * D + d] += p[s] * qkv[at(b, s, 2, h) + d];
        }
      }
  return y;
}

/// dP = dy vᵀ, dS = P (dP - sum_s P dP), dq = dS k / sqrt(D), dk = dSᵀ q / sqrt(D), dv = Pᵀ dy.
inline Array attend_backward(const Array& dy, const Array& qkv, const Shape& n, const Array& attention) {
  const size_t D = n.C / n.H;
  Array dqkv(qkv.size(), 0.0);
  const auto at = [&](size_t b, size_t t, size_t part, size_t h) { return ((b * n.T + t) * 3 + part) * n.C + h * D; };
  for (size_t b = 0; b < n.B; ++b)
    for (size_t h = 0; h < n.H; ++h)
      for (size_t t = 0; t < n.T; ++t) {
        const double* p = &attention[((b * n.H + h) * n.T + t) * n.T];
        const double* d_out = &dy[(b * n.T + t) * n.C + h * D];
        Array dp(n.T, 0.0);
        double sum = 0;
        for (size_t s = 0; s <= t; ++s) {
          for (size_t d = 0; d < D; ++d) {
            dp[s] += d_out[d] * qkv[at(b, s, 2, h) + d];
            dqkv[at(b, s, 2, h) + d] += p[s] * d_out[d];
          }
          sum += p[s] * dp[s];
        }
        for (size_t s = 0; s <= t; ++s) {
          const double ds = p[s] * (dp[s] - sum) / std::sqrt(double(D));
          for (size_t d = 0; d < D; ++d) {
            dqkv[at(b, t, 0, h) + d] += ds * qkv[at(b, s, 1, h) + d];
            dqkv[at(b, s, 1, h) + d] += ds * qkv[at(b, t, 0, h) + d];
          }
        }
      }
  return dqkv;
}

inline void turn_all(Array& qkv, const Shape& n, double direction) {
  const size_t D = n.C / n.H;
  for (size_t row = 0; row < n.B * n.T; ++row)
    for (size_t part = 0; part < 2; ++part)
      for (size_t h = 0; h < n.H; ++h) turn(&qkv[(row * 3 + part) * n.C + h * D], D, row % n.T, direction);
}

/// y = a silu(g), [a, g] = up; up: (R, 2F).
inline Array gate(const Array& up, size_t F) {
  Array y(up.size() / 2);
  for (size_t r = 0; r < up.size() / (2 * F); ++r)
    for (size_t f = 0; f < F; ++f) {
      const double a = up[r * 2 * F + f], g = up[r * 2 * F + F + f];
      y[r * F + f] = a * g / (1 + std::exp(-g));
    }
  return y;
}

inline Array gate_backward(const Array& dy, const Array& up, size_t F) {
  Array d_up(up.size());
  for (size_t r = 0; r < up.size() / (2 * F); ++r)
    for (size_t f = 0; f < F; ++f) {
      const double a = up[r * 2 * F + f], g = up[r * 2 * F + F + f], sigmoid = 1 / (1 + std::exp(-g));
      d_up[r * 2 * F + f] = dy[r * F + f] * g * sigmoid;
      d_up[r * 2 * F + F + f] = dy[r * F + f] * a * (sigmoid + g * sigmoid * (1 - sigmoid));
    }
  return d_up;
}

inline Array sum(const Array& a, const Array& b) {
  Array y(a);
  for (size_t i = 0; i < y.size(); ++i) y[i] += b[i];
  return y;
}

/// x + attention(norm_1(x)), then + mlp(norm_2(.)).
inline Array block(const Array& x, const Parameters& p, const std::string& at, const Shape& n, BlockState& s) {
  const size_t F = p.at(at + "mlp.down.weight").size() / n.C;
  s.x = x;
  s.norm_1 = rms_norm(x, p.at(at + "norm_1.weight"));
  s.qkv = linear(s.norm_1, p.at(at + "mixer.qkv.weight"), p.at(at + "mixer.qkv.bias"), n.C);
  turn_all(s.qkv, n, 1);
  s.mixed = attend(s.qkv, n, s.attention);
  s.residual = sum(x, linear(s.mixed, p.at(at + "mixer.out.weight"), p.at(at + "mixer.out.bias"), n.C));
  s.norm_2 = rms_norm(s.residual, p.at(at + "norm_2.weight"));
  s.up = linear(s.norm_2, p.at(at + "mlp.up.weight"), {}, n.C);
  s.gated = gate(s.up, F);
  return sum(s.residual, linear(s.gated, p.at(at + "mlp.down.weight"), {}, F));
}

inline Array block_backward(const Array& dy, const Parameters& p, const std::string& at, const Shape& n,
                            const BlockState& s, Parameters& d) {
  const size_t F = p.at(at + "mlp.down.weight").size() / n.C;
  const Array d_gated =
      linear_backward(dy, s.gated, p.at(at + "mlp.down.weight"), F, d[at + "mlp.down.weight"], nullptr);
  const Array d_up = gate_backward(d_gated, s.up, F);
  const Array d_norm_2 =
      linear_backward(d_up, s.norm_2, p.at(at + "mlp.up.weight"), n.C, d[at + "mlp.up.weight"], nullptr);
  const Array d_residual =
      sum(dy, rms_norm_backward(d_norm_2, s.residual, p.at(at + "norm_2.weight"), d[at + "norm_2.weight"]));
  const Array d_mixed = linear_backward(d_residual, s.mixed, p.at(at + "mixer.out.weight"), n.C,
                                        d[at + "mixer.out.weight"], &d[at + "mixer.out.bias"]);
  Array d_qkv = attend_backward(d_mixed, s.qkv, n, s.attention);
  turn_all(d_qkv, n, -1);
  const Array d_norm_1 = linear_backward(d_qkv, s.norm_1, p.at(at + "mixer.qkv.weight"), n.C,
                                         d[at + "mixer.qkv.weight"], &d[at + "mixer.qkv.bias"]);
  return sum(d_residual, rms_norm_backward(d_norm_1, s.x, p.at(at + "norm_1.weight"), d[at + "norm_1.weight"]));
}

struct Result {
  Array logits;     // (B, T, V)
  double loss = 0;  // mean cross-entropy, nats a token
  Parameters gradients;
};

/// tokens, targets: (B, T).
inline Result run(const Parameters& p, const Shape& n, const std::vector<int64_t>& tokens,
                  const std::vector<int64_t>& targets) {
  Result out;
  for (const auto& [name, values] : p) out.gradients[name].assign(values.size(), 0.0);
  const Array& embedding = p.at("embedding.weight");
  const size_t R = tokens.size();
  Array x(R * n.C);
  for (size_t r = 0; r < R; ++r)
    for (size_t c = 0; c < n.C; ++c) x[r * n.C + c] = embedding[size_t(tokens[r]) * n.C + c];
  std::vector<BlockState> states(n.n_blocks);
  for (size_t k = 0; k < n.n_blocks; ++k) x = block(x, p, "blocks." + std::to_string(k) + ".", n, states[k]);
  const Array hidden = rms_norm(x, p.at("norm.weight"));
  out.logits = linear(hidden, embedding, {}, n.C);
  Array d_logits(out.logits.size());
  for (size_t r = 0; r < R; ++r) {  // dL/dlogit = (softmax - onehot) / R
    const double* row = &out.logits[r * n.V];
    double total = 0;
    for (size_t v = 0; v < n.V; ++v) total += std::exp(row[v]);
    out.loss += (std::log(total) - row[targets[r]]) / double(R);
    for (size_t v = 0; v < n.V; ++v)
      d_logits[r * n.V + v] = (std::exp(row[v]) / total - (int64_t(v) == targets[r])) / double(R);
  }
  Array dx = linear_backward(d_logits, hidden, embedding, n.C, out.gradients["embedding.weight"], nullptr);
  dx = rms_norm_backward(dx, x, p.at("norm.weight"), out.gradients["norm.weight"]);
  for (size_t k = n.n_blocks; k-- > 0;)
    dx = block_backward(dx, p, "blocks." + std::to_string(k) + ".", n, states[k], out.gradients);
  for (size_t r = 0; r < R; ++r)  // the head is the embedding: both add
    for (size_t c = 0; c < n.C; ++c) out.gradients["embedding.weight"][size_t(tokens[r]) * n.C + c] += dx[r * n.C + c];
  return out;
}

}  // namespace gradus::naive
