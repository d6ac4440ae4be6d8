/** Fitting models: what is learnt from, what is learnt, and the port that learners implement. */
@NullMarked
package io.vigil.model.train;

import org.jspecify.annotations.NullMarked;
