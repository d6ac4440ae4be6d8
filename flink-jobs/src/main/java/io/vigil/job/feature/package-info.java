/** The feature engine inside Flink: fan-out to entities, one operator of entity state. */
@NullMarked
package io.vigil.job.feature;

import org.jspecify.annotations.NullMarked;
