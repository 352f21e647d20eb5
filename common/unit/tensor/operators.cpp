#include "unit/tensor/operators.h"

#include <algorithm>

namespace gradus {

namespace {

// torch.NAME
constexpr std::string_view kFunctions = R"(
affine_grid_generator geqrf orgqr ormqr scalar_tensor
unsafe_chunk unsafe_split native_layer_norm native_group_norm native_dropout grid_sampler_2d grid_sampler_3d
rnn_tanh_cell rnn_relu_cell select_copy slice_copy can_cast cholesky convolution detach_copy diagonal_copy
expand_copy gru_cell is_nonzero lstm_cell lu_unpack narrow_copy native_channel_shuffle nonzero_static
permute_copy qr istft split_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsafe_split_with_sizes
unsqueeze_copy view_as_complex_copy view_as_real_copy view_copy
abs abs_ absolute acos acos_ acosh acosh_ adaptive_avg_pool1d adaptive_max_pool1d add addbmm addcdiv addcmul
addmm addmv addmv_ addr adjoint all allclose alpha_dropout alpha_dropout_ amax amin aminmax angle any arange
arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh arcsinh_ arctan arctan2 arctan_ arctanh arctanh_ argmax
argmin argsort argwhere asin asin_ asinh asinh_ atan atan2 atan_ atanh atanh_ avg_pool1d baddbmm bartlett_window
batch_norm bernoulli bilinear binary_cross_entropy_with_logits bincount binomial bitwise_and bitwise_left_shift
bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman_window bmm broadcast_to bucketize cat cdist ceil
ceil_ celu celu_ channel_shuffle cholesky_inverse cholesky_solve chunk clamp clamp_ clamp_max clamp_max_
clamp_min clamp_min_ clip clip_ clone column_stack combinations complex concat concatenate conj conj_physical
conj_physical_ constant_pad_nd conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d
copysign corrcoef cos cos_ cosh cosh_ cosine_embedding_loss cosine_similarity count_nonzero cov cross cummax
cummin cumprod cumsum cumulative_trapezoid deg2rad deg2rad_ det detach detach_ diag diag_embed diagflat diagonal
diagonal_scatter diff digamma dist div divide dot dropout dropout_ dsplit dstack embedding embedding_bag empty
empty_like eq equal erf erf_ erfc erfc_ erfinv exp exp2 exp2_ exp_ expm1 expm1_ eye feature_alpha_dropout
feature_alpha_dropout_ feature_dropout feature_dropout_ fill fill_ fix fix_ flatten flip fliplr flipud
float_power floor floor_ floor_divide fmax fmin fmod frac frac_ frexp frobenius_norm full full_like gather gcd
gcd_ ge ger gradient greater greater_equal grid_sampler group_norm gt hamming_window hann_window hardshrink
heaviside hinge_embedding_loss histc histogram hsplit hstack hypot i0 i0_ igamma igammac imag index_add index_copy
index_fill index_put index_put_ index_reduce index_select inner instance_norm inverse is_complex is_conj
is_floating_point is_inference is_neg is_same_size is_signed isclose isfinite isin isinf isnan isneginf isposinf
isreal kaiser_window kl_div kron kthvalue layer_norm lcm lcm_ ldexp ldexp_ le lerp less less_equal lgamma
linspace log log10 log10_ log1p log1p_ log2 log2_ log_ log_softmax logaddexp logaddexp2 logcumsumexp logdet
logical_and logical_not logical_or logical_xor logit logit_ logspace logsumexp lt lu_solve margin_ranking_loss
masked_fill masked_scatter masked_select matmul matrix_exp matrix_power max max_pool1d max_pool1d_with_indices
max_pool2d max_pool3d maximum mean median min minimum mm mode moveaxis movedim msort mul multinomial multiply mv
mvlgamma nan_to_num nan_to_num_ nanmean nanmedian nansum narrow ne neg neg_ negative negative_ nextafter
norm_except_dim normal not_equal nuclear_norm numel ones ones_like outer pairwise_distance pdist permute
pinverse pixel_shuffle pixel_unshuffle poisson poisson_nll_loss polar polygamma positive pow prelu prod put
quantile nanquantile rad2deg rad2deg_ rand rand_like randint randint_like randn randn_like randperm range ravel real reciprocal
reciprocal_ relu relu_ remainder renorm repeat_interleave reshape resolve_conj resolve_neg rms_norm roll rot90
round round_ row_stack rrelu rrelu_ rsqrt rsqrt_ rsub scatter scatter_add scatter_reduce searchsorted select
select_scatter selu selu_ sgn sigmoid sigmoid_ sign signbit sin sin_ sinc sinc_ sinh sinh_ slice_scatter slogdet
softmax sort split_with_sizes sqrt sqrt_ square square_ squeeze stack std std_mean sub subtract sum svd swapaxes
swapdims t take take_along_dim tan tan_ tanh tanh_ tensor_split threshold threshold_ tile topk trace transpose
trapezoid trapz triangular_solve tril tril_indices triplet_margin_loss triu triu_indices true_divide trunc
trunc_ unbind unflatten unique_consecutive unique_dim unsqueeze vander var var_mean vdot view_as_complex
view_as_real vsplit vstack xlogy xlogy_ zero_ zeros zeros_like
)";

// Tensor.NAME
constexpr std::string_view kMethods = R"(
abs abs_ absolute absolute_ acos acos_ acosh acosh_ add add_ addbmm addbmm_ addcdiv addcdiv_ addcmul addcmul_
addmm addmm_ addmv addmv_ addr addr_ adjoint all allclose amax amin aminmax angle any arccos arccos_ arccosh
arccosh_ arcsin arcsin_ arcsinh arcsinh_ arctan arctan2 arctan2_ arctan_ arctanh arctanh_ argmax argmin argsort
argwhere asin asin_ asinh asinh_ atan atan2 atan2_ atan_ atanh atanh_ baddbmm baddbmm_ bernoulli bernoulli_
bincount bitwise_and bitwise_and_ bitwise_left_shift bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or
bitwise_or_ bitwise_right_shift bitwise_right_shift_ bitwise_xor bitwise_xor_ bmm broadcast_to cauchy_ ceil
ceil_ chalf cholesky_inverse cholesky_solve chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip
clip_ clone conj conj_physical conj_physical_ contiguous copy_ copysign copysign_ corrcoef cos cos_ cosh cosh_
count_nonzero cov cross cummax cummin cumprod cumprod_ cumsum cumsum_ deg2rad deg2rad_ det detach detach_ diag
diag_embed diagflat diagonal diagonal_scatter diff digamma digamma_ dist div div_ divide divide_ dot dsplit eq
eq_ equal erf erf_ erfc erfc_ erfinv erfinv_ exp exp2 exp2_ exp_ expand expand_as expm1 expm1_ exponential_
fill_ fill_diagonal_ fix fix_ flatten flip fliplr flipud float_power float_power_ floor floor_ floor_divide
floor_divide_ fmax fmin fmod fmod_ frac frac_ frexp gather gcd gcd_ ge ge_ geometric_ ger greater greater_
greater_equal greater_equal_ gt gt_ hardshrink heaviside heaviside_ histc histogram hsplit hypot hypot_ i0 i0_
igamma igamma_ igammac igammac_ index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_put index_put_
index_reduce index_reduce_ index_select inner inverse is_conj is_inference is_neg is_nonzero is_same_size
is_signed isclose isfinite isinf isnan isneginf isposinf isreal istft kron kthvalue lcm lcm_ ldexp ldexp_ le le_
lerp lerp_ less less_ less_equal less_equal_ lgamma lgamma_ log log10 log10_ log1p log1p_ log2 log2_ log_
log_normal_ log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_and_ logical_not
logical_not_ logical_or logical_or_ logical_xor logical_xor_ logit logit_ logsumexp lt lt_ lu_solve masked_fill
masked_fill_ masked_scatter masked_scatter_ masked_select matmul matrix_exp matrix_power max maximum mean median
min minimum mm mode moveaxis movedim msort mul mul_ multinomial multiply multiply_ mv mvlgamma mvlgamma_
nan_to_num nan_to_num_ nanmean nanmedian nansum narrow ne ne_ neg neg_ negative negative_ new_empty new_full
new_ones new_zeros nextafter nextafter_ normal_ not_equal not_equal_ outer permute pinverse polygamma polygamma_
positive pow pow_ prelu prod put put_ quantile nanquantile rad2deg rad2deg_ random_ ravel reciprocal reciprocal_ relu relu_ remainder
remainder_ renorm renorm_ repeat repeat_interleave reshape reshape_as resolve_conj resolve_neg roll rot90 round
round_ rsqrt rsqrt_ scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ select
select_scatter sgn sgn_ sigmoid sigmoid_ sign sign_ signbit sin sin_ sinc sinc_ sinh sinh_ slice_scatter slogdet
softmax sort split_with_sizes sqrt sqrt_ square square_ squeeze squeeze_ std sub sub_ subtract subtract_ sum
sum_to_size svd swapaxes swapaxes_ swapdims swapdims_ t t_ take take_along_dim tan tan_ tanh tanh_ tensor_split
tile topk trace transpose transpose_ triangular_solve tril tril_ triu triu_ true_divide true_divide_ trunc
trunc_ cholesky geqrf narrow_copy nonzero_static orgqr ormqr qr unsafe_chunk unsafe_split unsafe_split_with_sizes
type_as unbind unfold uniform_ unsqueeze unsqueeze_ var vdot view view_as vsplit xlogy xlogy_ zero_
)";

// What torch.nn.functional is built on; torch.nn.functional.NAME is either one of these or the prelude's.
constexpr std::string_view kNeural = R"(
_softmax _log_softmax _softmax_backward_data _log_softmax_backward_data _safe_softmax
cross_entropy_loss nll_loss_nd nll_loss gru lstm rnn_tanh rnn_relu gru_cell lstm_cell upsample_nearest1d
_standard_gamma upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d
upsample_trilinear3d max_pool3d_with_indices _upsample_bilinear2d_aa _upsample_bicubic2d_aa
_pack_padded_sequence _pad_packed_sequence _weight_norm upsample_linear1d upsample_bilinear2d upsample_bicubic2d max_pool2d_with_indices
adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d avg_pool2d avg_pool3d
binary_cross_entropy col2im elu elu_ fractional_max_pool2d fractional_max_pool3d gelu glu hardsigmoid
hardsigmoid_ hardswish hardswish_ hardtanh hardtanh_ huber_loss im2col l1_loss leaky_relu leaky_relu_ linear
log_sigmoid max_unpool2d max_unpool3d mish mish_ mse_loss multi_margin_loss multilabel_margin_loss one_hot pad
pad_sequence relu6 relu6_ scaled_dot_product_attention silu silu_ smooth_l1_loss soft_margin_loss softplus
softshrink stft
)";

// torch.fft.NAME, torch.linalg.NAME, torch.special.NAME by prefix.
constexpr std::string_view kPrefixed = R"(
fft_fft fft_fft2 fft_fftfreq fft_fftn fft_fftshift fft_hfft fft_hfft2 fft_hfftn fft_ifft fft_ifft2 fft_ifftn
fft_ifftshift fft_ihfft fft_ihfft2 fft_ihfftn fft_irfft fft_irfft2 fft_irfftn fft_rfft fft_rfft2 fft_rfftfreq
fft_rfftn linalg_cholesky linalg_cholesky_ex linalg_cond linalg_cross linalg_det linalg_diagonal linalg_eig
linalg_eigh linalg_eigvals linalg_eigvalsh linalg_householder_product linalg_inv linalg_inv_ex linalg_ldl_factor
linalg_ldl_factor_ex linalg_ldl_solve linalg_lstsq linalg_lu linalg_lu_factor linalg_lu_factor_ex
linalg_lu_solve linalg_matmul linalg_matrix_exp linalg_matrix_norm linalg_matrix_power linalg_matrix_rank
linalg_matrix_sqrth linalg_multi_dot linalg_norm linalg_pinv linalg_polar linalg_qr linalg_slogdet linalg_solve
linalg_solve_ex linalg_solve_triangular linalg_svd linalg_svdvals linalg_tensorinv linalg_tensorsolve
linalg_vander linalg_vecdot linalg_vector_norm special_airy_ai special_bessel_j0 special_bessel_j1
special_bessel_y0 special_bessel_y1 special_chebyshev_polynomial_t special_chebyshev_polynomial_u
special_chebyshev_polynomial_v special_chebyshev_polynomial_w special_digamma special_entr special_erf
special_erfc special_erfcx special_erfinv special_exp2 special_expit special_expm1 special_gammainc
special_gammaincc special_gammaln special_hermite_polynomial_h special_hermite_polynomial_he special_i0
special_i0e special_i1 special_i1e special_laguerre_polynomial_l special_legendre_polynomial_p special_log1p
special_log_ndtr special_log_softmax special_logit special_logsumexp special_modified_bessel_i0
special_modified_bessel_i1 special_modified_bessel_k0 special_modified_bessel_k1 special_multigammaln
special_ndtr special_ndtri special_polygamma special_psi special_round special_scaled_modified_bessel_k0
special_scaled_modified_bessel_k1 special_shifted_chebyshev_polynomial_t special_shifted_chebyshev_polynomial_u
special_shifted_chebyshev_polynomial_v special_shifted_chebyshev_polynomial_w special_sinc special_softmax
special_spherical_bessel_j0 special_xlog1py special_xlogy special_zeta
)";

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> result;
  while (true) {
    size_t start = text.find_first_not_of(" \n");
    if (start == std::string_view::npos) return result;
    text.remove_prefix(start);
    size_t end = std::min(text.find_first_of(" \n"), text.size());
    result.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace

const std::vector<std::string_view>& function_names() {
  static const auto names = words(kFunctions);
  return names;
}
const std::vector<std::string_view>& method_names() {
  static const auto names = words(kMethods);
  return names;
}
const std::vector<std::string_view>& neural_names() {
  static const auto names = words(kNeural);
  return names;
}
const std::vector<std::string_view>& prefixed_names() {
  static const auto names = words(kPrefixed);
  return names;
}

}  // namespace gradus
