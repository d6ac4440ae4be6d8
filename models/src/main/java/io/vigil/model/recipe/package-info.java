/** From a recipe and rows to a bundle: what a risk engineer writes down, and what becomes of it. */
@NullMarked
package io.vigil.model.recipe;

import org.jspecify.annotations.NullMarked;
