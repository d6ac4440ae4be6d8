/** Model bundles: a network with everything that gives its scores a meaning, verified as one. */
@NullMarked
package io.vigil.model.bundle;

import org.jspecify.annotations.NullMarked;
