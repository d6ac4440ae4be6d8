/** What {@code vigil model} reads of a team that brings its own model. */
@NullMarked
package io.vigil.cli.model;

import org.jspecify.annotations.NullMarked;
