/** From bytes in a partition to sequenced records: decode, validate, clock, effective time. */
@NullMarked
package io.vigil.job.source;

import org.jspecify.annotations.NullMarked;
