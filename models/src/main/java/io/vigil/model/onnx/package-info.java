/**
 * ONNX models behind the scoring port, by ONNX Runtime's own Java binding. The only package that
 * may import it.
 */
@NullMarked
package io.vigil.model.onnx;

import org.jspecify.annotations.NullMarked;
