/** Effective order inside Flink: clocks at the source, sorted buffers at every keyed step. */
@NullMarked
package io.vigil.job.backfill;

import org.jspecify.annotations.NullMarked;
