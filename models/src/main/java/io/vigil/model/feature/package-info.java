/**
 * The feature engine: a spec in YAML, compiled to one plan that keeps packed state for each entity
 * and finishes a float32 vector. Pure functions, no framework. The language and its semantics are
 * in docs/features.md.
 */
@NullMarked
package io.vigil.model.feature;

import org.jspecify.annotations.NullMarked;
