#include "unit/tensor/attention.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "unit/tensor/vectors.h"

namespace gradus {
namespace {

constexpr int64_t kRows = 8;           // of queries at once: as many partial sums as registers hold
constexpr int64_t kStep = 2 * kLanes;  // keys at once
constexpr int64_t kMostOfHead =
    1 << 16;  // numbers in a head's keys: more do not stay in the second cache, and ATen wins

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Floats = std::vector<float>;

int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/// s[r][j] = Σ_c a[c][r] b[c][j], r < 8, j < n: the products of eight queries with n keys. a: (d, 8); b: (d, stride).
GRADUS_VECTORS void multiply_keys(const float* a, const float* b, int64_t d, int64_t n, int64_t stride, float* s) {
  for (int64_t j = 0; j < n; j += kStep) {
    Lanes sum[kRows][2] = {};
    for (int64_t c = 0; c < d; ++c) {
      const Lanes left = lanes(b + c * stride + j), right = lanes(b + c * stride + j + kLanes);
      for (int64_t r = 0; r < kRows; ++r) {
        sum[r][0] += a[c * kRows + r] * left;
        sum[r][1] += a[c * kRows + r] * right;
      }
    }
    for (int64_t r = 0; r < kRows; ++r) {
      lanes(s + r * stride + j) = sum[r][0];
      lanes(s + r * stride + j + kLanes) = sum[r][1];
    }
  }
}

/// y[r][c] = Σ_j p[r][j] x[j][c], j < n. p: (8, stride); x: (n, d); y: (8, d); d is a multiple of 16.
GRADUS_VECTORS void multiply_values(const float* p, const float* x, int64_t n, int64_t d, int64_t stride, float* y) {
  for (int64_t c = 0; c < d; c += kLanes) {
    Lanes sum[kRows] = {};
    for (int64_t j = 0; j < n; ++j) {
      const Lanes value = lanes(x + j * d + c);
      for (int64_t r = 0; r < kRows; ++r) sum[r] += p[r * stride + j] * value;
    }
    for (int64_t r = 0; r < kRows; ++r) lanes(y + r * d + c) = sum[r];
  }
}

/// y[j][c] += Σ_r p[r][j] x[r][c], j < n: what eight queries give back to n keys. p: (8, stride); x: (8, d); y: (n, d).
GRADUS_VECTORS void add_to_keys(const float* p, const float* x, int64_t n, int64_t d, int64_t stride, float* y) {
  for (int64_t c = 0; c < d; c += kLanes) {
    Lanes row[kRows];
    for (int64_t r = 0; r < kRows; ++r) row[r] = lanes(x + r * d + c);
    for (int64_t j = 0; j < n; ++j) {
      Lanes even = lanes(y + j * d + c), odd = p[stride + j] * row[1];
      even += p[j] * row[0];
      for (int64_t r = 2; r < kRows; r += 2) {
        even += p[r * stride + j] * row[r];
        odd += p[(r + 1) * stride + j] * row[r + 1];
      }
      lanes(y + j * d + c) = even + odd;
    }
  }
}

/// s[j] ← p = exp(s[j] − log_sum), ds[j] ← p ds[j]; returns Σ p ds, by which every ds is too large by p times it.
GRADUS_VECTORS float recall_row(float* s, float* ds, int64_t n, float log_sum) {
  Lanes sum = {};
  for (int64_t j = 0; j < n; j += kLanes) {
    Lanes p = lanes(s + j) - log_sum;
    exponentiate(p);
    const Lanes d = p * lanes(ds + j);
    lanes(s + j) = p;
    lanes(ds + j) = d;
    sum += d;
  }
  return sum_of_lanes(sum);
}
GRADUS_VECTORS void subtract_share(const float* p, float* ds, int64_t n, float share) {
  for (int64_t j = 0; j < n; j += kLanes) lanes(ds + j) = lanes(ds + j) - share * lanes(p + j);
}

/// One head of one sequence: element (t, c) is at data[t * row + c * column].
struct Matrix {
  float* data;
  int64_t row, column;
};
Matrix head_of(const at::Tensor& x, int64_t head) {  // (B, H, T, D)
  const int64_t at = head / x.size(1) * x.stride(0) + head % x.size(1) * x.stride(1);
  return {const_cast<float*>(x.const_data_ptr<float>()) + at, x.stride(2), x.stride(3)};
}
/// (n, d) as rows of `width` channels, zeros behind.
void pack_rows(const Matrix& m, int64_t n, int64_t d, int64_t width, Floats& to) {
  to.assign(static_cast<size_t>(n * width), 0.0f);
  for (int64_t t = 0; t < n; ++t) {
    const float* from = m.data + t * m.row;
    float* row = &to[static_cast<size_t>(t * width)];
    if (m.column == 1)
      std::copy(from, from + d, row);
    else
      for (int64_t c = 0; c < d; ++c) row[c] = from[c * m.column];
  }
}
/// (n, d) as columns of `length` tokens, zeros behind; sixteen tokens at a time, whose channels stay in the cache.
void pack_columns(const Matrix& m, int64_t n, int64_t d, int64_t length, Floats& to) {
  to.assign(static_cast<size_t>(d * length), 0.0f);
  for (int64_t first = 0; first < n; first += kLanes)
    for (int64_t c = 0; c < d; ++c) {
      float* column = &to[static_cast<size_t>(c * length)];
      for (int64_t t = first; t < std::min(n, first + kLanes); ++t) column[t] = m.data[t * m.row + c * m.column];
    }
}
/// Tokens `first` … of (n, d), times `factor`, as eight columns.
void pack_tile(const Matrix& m, int64_t first, int64_t n, int64_t d, float factor, float* columns) {
  const int64_t rows = std::min(kRows, n - first);
  if (rows < kRows) std::fill(columns, columns + d * kRows, 0.0f);
  for (int64_t r = 0; r < rows; ++r) {
    const float* from = m.data + (first + r) * m.row;
    for (int64_t c = 0; c < d; ++c) columns[c * kRows + r] = factor * from[c * m.column];
  }
}
void turn_tile(const float* columns, int64_t d, int64_t width, float* rows) {
  std::fill(rows, rows + kRows * width, 0.0f);
  for (int64_t c = 0; c < d; ++c)
    for (int64_t r = 0; r < kRows; ++r) rows[r * width + c] = columns[c * kRows + r];
}
void unpack_rows(const float* from, int64_t width, int64_t first, int64_t n, int64_t d, float factor,
                 const Matrix& to) {
  for (int64_t t = 0; t < n; ++t)
    for (int64_t c = 0; c < d; ++c) to.data[(first + t) * to.row + c * to.column] = factor * from[t * width + c];
}

struct Sizes {
  int64_t n, d, e;  // tokens, channels of q and k, of v
  float scale;
  bool causal;
  /// Of a row over all keys. Sixteen more than needed: rows a power of two apart would share one set of the cache.
  int64_t length() const { return round_up(n, kStep) + kLanes; }
  int64_t width(int64_t channels) const { return round_up(channels, kLanes); }
  /// Keys that the eight queries from `first` see, and the end of those that query r of them sees.
  int64_t keys(int64_t first) const { return causal ? std::min(n, first + kRows) : n; }
  int64_t end(int64_t first, int64_t r) const { return causal ? std::min(n, first + r + 1) : n; }
};

/// Scores of eight queries, −∞ where they may not look.
void score_tile(const Sizes& z, const float* q, const Floats& k, int64_t first, Floats& s) {
  const int64_t stride = z.length(), seen = round_up(z.keys(first), kStep);
  multiply_keys(q, k.data(), z.d, seen, stride, s.data());
  for (int64_t r = 0; r < kRows; ++r)
    std::fill(&s[static_cast<size_t>(r * stride + z.end(first, r))], s.data() + r * stride + seen,
              -std::numeric_limits<float>::infinity());
}

struct Forward {  // what a thread keeps from head to head
  Floats k, v, q, s, y;
  void run(const Sizes& z, const Matrix& query, const Matrix& key, const Matrix& value, const Matrix& out,
           float* log_sums) {
    const int64_t stride = z.length(), width = z.width(z.e);
    pack_columns(key, z.n, z.d, stride, k);
    pack_rows(value, z.n, z.e, width, v);
    q.resize(static_cast<size_t>(z.d * kRows));
    s.resize(static_cast<size_t>(kRows * stride));
    y.resize(static_cast<size_t>(kRows * width));
    for (int64_t first = 0; first < z.n; first += kRows) {
      const int64_t rows = std::min(kRows, z.n - first), seen = round_up(z.keys(first), kStep);
      pack_tile(query, first, z.n, z.d, z.scale, q.data());
      score_tile(z, q.data(), k, first, s);
      float most = 0, total[kRows];
      for (int64_t r = 0; r < kRows; ++r) {
        exponentiate_row(&s[static_cast<size_t>(r * stride)], seen, &most, &total[r]);
        if (r < rows) log_sums[first + r] = most + std::log(total[r]);
      }
      multiply_values(s.data(), v.data(), z.keys(first), width, stride, y.data());
      for (int64_t r = 0; r < rows; ++r)
        unpack_rows(&y[static_cast<size_t>(r * width)], width, first + r, 1, z.e, 1 / total[r], out);
    }
  }
};

struct Backward {
  Floats kt, k, vt, dk, dv, q, dy, rows, s, ds, dq;
  void run(const Sizes& z, const Matrix& query, const Matrix& key, const Matrix& value, const Matrix& out_gradient,
           const float* log_sums, const Matrix& query_gradient, const Matrix& key_gradient,
           const Matrix& value_gradient) {
    const int64_t stride = z.length(), wide = z.width(z.d), width = z.width(z.e);
    pack_columns(key, z.n, z.d, stride, kt);
    pack_rows(key, z.n, z.d, wide, k);
    pack_columns(value, z.n, z.e, stride, vt);
    dk.assign(static_cast<size_t>(z.n * wide), 0.0f);
    dv.assign(static_cast<size_t>(z.n * width), 0.0f);
    q.resize(static_cast<size_t>(z.d * kRows));
    dy.resize(static_cast<size_t>(z.e * kRows));
    rows.resize(static_cast<size_t>(kRows * std::max(wide, width)));
    dq.resize(static_cast<size_t>(kRows * wide));
    for (Floats* x : {&s, &ds}) x->resize(static_cast<size_t>(kRows * stride));
    for (int64_t first = 0; first < z.n; first += kRows) {
      const int64_t n = z.keys(first);
      pack_tile(query, first, z.n, z.d, z.scale, q.data());
      pack_tile(out_gradient, first, z.n, z.e, 1, dy.data());
      recall_tile(z, first, log_sums);
      turn_tile(dy.data(), z.e, width, rows.data());
      add_to_keys(s.data(), rows.data(), n, width, stride, dv.data());
      turn_tile(q.data(), z.d, wide, rows.data());
      add_to_keys(ds.data(), rows.data(), n, wide, stride, dk.data());
      multiply_values(ds.data(), k.data(), n, wide, stride, dq.data());
      unpack_rows(dq.data(), wide, first, std::min(kRows, z.n - first), z.d, z.scale, query_gradient);
    }
    unpack_rows(dk.data(), wide, 0, z.n, z.d, 1, key_gradient);
    unpack_rows(dv.data(), width, 0, z.n, z.e, 1, value_gradient);
  }
  /// s ← P and ds ← P (dP − Σ P dP), the gradient before the softmax.
  void recall_tile(const Sizes& z, int64_t first, const float* log_sums) {
    const int64_t stride = z.length(), seen = round_up(z.keys(first), kStep);
    score_tile(z, q.data(), kt, first, s);
    multiply_keys(dy.data(), vt.data(), z.e, seen, stride, ds.data());
    for (int64_t r = 0; r < kRows; ++r) {
      float *p = &s[static_cast<size_t>(r * stride)], *d = &ds[static_cast<size_t>(r * stride)];
      subtract_share(p, d, seen, recall_row(p, d, seen, first + r < z.n ? log_sums[first + r] : 0.0f));
    }
  }
};

/// A tensor of x's sizes, laid out as (B, T, H, D): what comes before and after attention is.
at::Tensor empty_like_heads(const at::Tensor& x, int64_t channels) {
  return at::empty({x.size(0), x.size(2), x.size(1), channels}, x.options()).transpose(1, 2);
}

/// body(worker, head) for every head, on the threads there are, each with a worker of its own.
template <class Worker, class Body>
void for_heads(const at::Tensor& query, const Body& body) {
  at::parallel_for(0, query.size(0) * query.size(1), 1, [&](int64_t from, int64_t to) {
    Worker worker;
    for (int64_t head = from; head < to; ++head) body(worker, head);
  });
}

struct PlainAttention : torch::autograd::Function<PlainAttention> {
  static Sizes sizes(const at::Tensor& q, const at::Tensor& v, double scale, bool causal) {
    return {q.size(2), q.size(3), v.size(3), static_cast<float>(scale), causal};
  }
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            double scale, bool causal) {
    const at::Tensor y = empty_like_heads(q, v.size(3));
    const at::Tensor log_sums = at::empty({q.size(0) * q.size(1), q.size(2)}, q.options());
    const Sizes z = sizes(q, v, scale, causal);
    for_heads<Forward>(q, [&](Forward& worker, int64_t head) {
      worker.run(z, head_of(q, head), head_of(k, head), head_of(v, head), head_of(y, head),
                 log_sums.data_ptr<float>() + head * z.n);
    });
    context->save_for_backward({q, k, v});
    context->saved_data["log_sums"] = log_sums;
    context->saved_data["scale"] = scale;
    context->saved_data["causal"] = causal;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(),
                                "derivative for the backward of scaled_dot_product_attention is not implemented");
    const auto saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
    const at::Tensor log_sums = context->saved_data["log_sums"].toTensor();
    const Sizes z = sizes(q, v, context->saved_data["scale"].toDouble(), context->saved_data["causal"].toBool());
    const at::Tensor dq = empty_like_heads(q, z.d), dk = empty_like_heads(k, z.d), dv = empty_like_heads(v, z.e);
    for_heads<Backward>(q, [&](Backward& worker, int64_t head) {
      worker.run(z, head_of(q, head), head_of(k, head), head_of(v, head), head_of(gradients[0], head),
                 log_sums.const_data_ptr<float>() + head * z.n, head_of(dq, head), head_of(dk, head),
                 head_of(dv, head));
    });
    return {dq, dk, dv, at::Tensor(), at::Tensor()};
  }
};

bool plain(const at::Tensor& t) {
  return t.defined() && t.is_cpu() && t.layout() == at::kStrided && t.scalar_type() == at::kFloat && t.dim() == 4 &&
         t.numel() > 0 && t.size(2) * t.size(3) <= kMostOfHead;
}

}  // namespace

bool plain_attention(c10::Stack& stack) {
  if (stack.size() != 8 || !stack[0].isTensor() || !stack[1].isTensor() || !stack[2].isTensor()) return false;
  const at::Tensor q = stack[0].toTensor(), k = stack[1].toTensor(), v = stack[2].toTensor();
  const bool has_mask = !stack[3].isNone(), drops = stack[4].toDouble() != 0, causal = stack[5].toBool(),
             grouped = stack[7].toBool();
  if (has_mask || drops || grouped || !plain(q) || !plain(k) || !plain(v)) return false;
  if (q.sizes() != k.sizes() || q.sizes().slice(0, 3) != v.sizes().slice(0, 3)) return false;
  if (at::autocast::is_autocast_enabled(at::kCPU)) return false;
  const double scale = stack[6].isNone() ? 1 / std::sqrt(static_cast<double>(q.size(3))) : stack[6].toDouble();
  stack.clear();
  stack.emplace_back(PlainAttention::apply(q, k, v, scale, causal));
  return true;
}

}  // namespace gradus
