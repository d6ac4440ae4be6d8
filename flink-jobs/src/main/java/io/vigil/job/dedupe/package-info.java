/** The first keyed step: one decision an id, labels in force, and the fan-out to entities. */
@NullMarked
package io.vigil.job.dedupe;

import org.jspecify.annotations.NullMarked;
