/** Gather, rules, score, decide; then the case an alert belongs to. */
@NullMarked
package io.vigil.job.decide;

import org.jspecify.annotations.NullMarked;
