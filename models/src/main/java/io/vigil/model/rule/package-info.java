/** Rules that people write: a condition, what it asks for, and how it is told. */
@NullMarked
package io.vigil.model.rule;

import org.jspecify.annotations.NullMarked;
