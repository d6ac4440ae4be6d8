package io.vigil.model.torch;

import java.util.Set;

/**
 * What a scoring network may call. The operators are those that {@code torch.jit.script}, {@code
 * trace} and {@code freeze} of torch 2.13 were seen to print for perceptrons, recurrent networks,
 * transformers, convolutions over sequences, autoencoders and networks over embeddings (what made
 * them is {@code src/test/torchscript/export.py}), with the in-place twins of the arithmetic. Not
 * among them: files, random numbers, a tensor's storage behind its back, images, other namespaces.
 */
final class Operators {
  /** Names after {@code torch.}. */
  static final Set<String> TORCH =
      words(
          """
          __and__ __contains__ __derive_index __is__ __isnot__ __not__ __or__ __range_length __xor__
          _convolution _convolution_mode _native_multi_head_attention _nested_tensor_from_mask
          _nested_tensor_from_mask_left_aligned _pack_padded_sequence _transformer_encoder_layer_fwd
          _weight_norm abs acos adaptive_avg_pool1d adaptive_max_pool1d add add_ addcdiv addcmul
          addmm all alpha_dropout alpha_dropout_ amax amin aminmax any append arange argmax argmin
          argsort as_tensor asin atan atan2 atleast_2d avg_pool1d baddbmm batch_norm bilinear
          bitwise_not bmm broadcast_tensors broadcast_to bucketize cat cdist ceil celu celu_
          chain_matmul chunk clamp clamp_min clamp_min_ clone contiguous conv1d conv_transpose1d
          copy_ cos cosine_similarity count_nonzero cov cpu cummax cumprod cumsum detach device
          diagonal digamma dim div div_ dot dropout dropout_ einsum elu elu_ embedding embedding_bag
          empty_like frobenius_norm linalg_matrix_norm nuclear_norm
          eq erf erfinv exp exp2 expand expand_as expm1 eye feature_alpha_dropout
          feature_alpha_dropout_ feature_dropout feature_dropout_ fill_ flatten flip float_power
          floor floor_divide floordiv fmod format frac full full_like gather ge gelu glu group_norm
          gru gru_cell gt hardshrink hardsigmoid hardsigmoid_ hardswish hardswish_ hardtanh
          hardtanh_ heaviside hstack huber_loss hypot index index_fill index_select inner
          instance_norm is_autocast_enabled is_floating_point is_grad_enabled isfinite isinf isnan
          l1_loss layer_norm le leaky_relu leaky_relu_ len lerp lgamma linalg_norm
          linalg_vector_norm linear linspace list log log10 log1p log2 log_sigmoid log_softmax
          logaddexp logcumsumexp logical_and logical_not logical_or logit logsumexp lstm lstm_cell
          lt masked_fill masked_fill_ matmul max max_pool1d maximum mean median min minimum mish
          mish_ mm movedim mse_loss mul mul_ mv nan_to_num nanmean nansum narrow ne neg new_full
          new_ones new_zeros norm numel numpy_T one_hot ones ones_like outer pad pairwise_distance
          permute positive pow prelu prod quantile ravel reciprocal relu relu6 relu6_ relu_
          remainder repeat repeat_interleave reshape rms_norm rnn_relu rnn_relu_cell rnn_tanh
          rnn_tanh_cell roll round rrelu rrelu_ rsqrt rsub scaled_dot_product_attention scatter
          scatter_ scatter_add searchsorted select selu selu_ sgn sigmoid sigmoid_ sign silu silu_
          sin sinc sinh size slice smooth_l1_loss softmax softplus softshrink sort split
          split_with_sizes sqrt square squeeze squeeze_ stack std std_mean sub sub_ sum t
          take_along_dim tan tanh tanh_ tensor tensordot threshold threshold_ tile to
          to_padded_tensor topk transpose tril triu trunc type_as unbind unflatten unfold
          unsafe_chunk unsqueeze unsqueeze_ var var_mean view vstack warn where xlogy zero_ zeros
          zeros_like
          """);

  /** Names after {@code ops.prim.}. */
  static final Set<String> PRIM =
      words(
          """
          NumToTensor RaiseException abs data device dtype is_cuda is_nested layout max min
          requires_grad type
          """);

  /** Operators that take memory by numbers in the code. */
  static final Set<String> ALLOCATING =
      words(
          """
          arange eye full linspace new_full new_ones new_zeros one_hot ones pad repeat
          repeat_interleave tile zeros expand broadcast_to
          """);

  /** Operators that are random when their flag {@code training} is true. */
  static final Set<String> DROPOUT =
      words(
          """
          alpha_dropout alpha_dropout_ dropout dropout_ feature_alpha_dropout
          feature_alpha_dropout_ feature_dropout feature_dropout_ rrelu rrelu_
          """);

  private Operators() {}

  private static Set<String> words(String text) {
    return Set.of(text.strip().split("\\s+", -1));
  }
}
