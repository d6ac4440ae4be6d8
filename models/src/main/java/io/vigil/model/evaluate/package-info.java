/**
 * What a recipe is worth: histories, protocols, tests in order of time, metrics, and the report.
 */
@NullMarked
package io.vigil.model.evaluate;

import org.jspecify.annotations.NullMarked;
