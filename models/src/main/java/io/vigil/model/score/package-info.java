/**
 * The scoring port and what surrounds it: inputs, calibration, reasons. No engine is known here.
 */
@NullMarked
package io.vigil.model.score;

import org.jspecify.annotations.NullMarked;
