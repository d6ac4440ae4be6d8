/** Stacking: an engine whose models are weighted sums of whole bundles, each behind its own. */
@NullMarked
package io.vigil.model.ensemble;

import org.jspecify.annotations.NullMarked;
