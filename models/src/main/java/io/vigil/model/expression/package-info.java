/** The small typed language of rules and derived features. */
@NullMarked
package io.vigil.model.expression;

import org.jspecify.annotations.NullMarked;
