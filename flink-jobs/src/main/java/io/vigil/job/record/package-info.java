/** The records that travel between operators. */
@NullMarked
package io.vigil.job.record;

import org.jspecify.annotations.NullMarked;
