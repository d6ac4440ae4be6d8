/**
 * What a change of artefacts would have done to a period: both sides' decisions compared, gates,
 * and the plan file that is reviewed and then applied.
 */
@NullMarked
package io.vigil.model.plan;

import org.jspecify.annotations.NullMarked;
