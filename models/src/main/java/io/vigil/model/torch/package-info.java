/**
 * The PyTorch adapter behind the scoring port: writes, loads, runs and trains TorchScript networks
 * through DJL. The only package of this module that may import DJL.
 */
@NullMarked
package io.vigil.model.torch;

import org.jspecify.annotations.NullMarked;
