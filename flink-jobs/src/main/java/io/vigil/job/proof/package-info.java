/** Proof of the archive: leaves, their batches, the log of batches and its signed heads. */
@NullMarked
package io.vigil.job.proof;

import org.jspecify.annotations.NullMarked;
