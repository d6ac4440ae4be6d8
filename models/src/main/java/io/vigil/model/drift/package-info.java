/**
 * How the models in force do by what they decided: drift without labels, calibration and precision
 * as labels come, rates by group; and the report of it. Plain Java: whoever reads an archive hands
 * in {@link io.vigil.model.drift.Observation}s.
 */
@NullMarked
package io.vigil.model.drift;

import org.jspecify.annotations.NullMarked;
